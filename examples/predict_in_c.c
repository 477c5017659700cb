/* Prediction from C.   usage: predict_in_c MODEL.thrum < ROWS
 * A row is a line of numbers with blanks between them, in the order of the model's features; nan where one is missing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "thrum/model/c_api.h"

static int read_row(double* row, size_t n) {
  size_t i;
  for (i = 0; i < n; ++i) {
    if (scanf("%lf", &row[i]) != 1) return 0;
  }
  return 1;
}

static void print_row(const thrum_model* model, const double* outputs) {
  const size_t n = thrum_model_n_outputs(model);
  size_t k;
  for (k = 0; k < n; ++k) {
    const char* name = thrum_model_class_name(model, k);
    printf("%s%s %.6f", k == 0 ? "" : ", ", name == NULL ? "predicted" : name, outputs[k]);
  }
  printf("\n");
}

int main(int argc, char** argv) {
  thrum_model* model = argc == 2 ? thrum_model_open(argv[1]) : NULL;
  double *row, *outputs;
  if (model == NULL) {
    fprintf(stderr, "%s\n", argc == 2 ? thrum_last_error() : "usage: predict_in_c MODEL.thrum < ROWS");
    return 1;
  }
  row = malloc(thrum_model_n_features(model) * sizeof *row);
  outputs = malloc(thrum_model_n_outputs(model) * sizeof *outputs);
  while (row != NULL && outputs != NULL && read_row(row, thrum_model_n_features(model))) {
    if (thrum_predict(model, row, 1, outputs) == THRUM_OK) print_row(model, outputs);
  }
  free(outputs);
  free(row);
  thrum_model_close(model);
  return 0;
}
