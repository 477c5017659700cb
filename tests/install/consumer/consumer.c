/* A program of a user in C, built against the installed tree only. Exits with 0 if it opens no model where there is
 * none. */
#include <stdio.h>
#include <thrum/model/c_api.h>

int main(void) {
  if (thrum_model_open("/nowhere.thrum") != NULL) return 1;
  puts(thrum_last_error());
  return 0;
}
