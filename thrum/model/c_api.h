/* Prediction from C, and from whatever calls C: Java, Go, Rust, Julia, R, spreadsheets. C99.
 *
 *     thrum_model* model = thrum_model_open("adult.thrum");
 *     if (model == NULL) { fputs(thrum_last_error(), stderr); exit(1); }
 *     thrum_predict(model, rows, n_rows, outputs);
 *     thrum_model_close(model);
 *
 * No exception leaves these functions, and nothing is printed. A model may be used by any number of threads at once; it
 * must not be closed meanwhile. Texts belong to the model, and end with it; they are UTF-8.
 */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(readability-identifier-naming): the names of C */
typedef struct thrum_model thrum_model;

/* What a call comes to. The numbers stay as they are in later versions. */
typedef enum thrum_status {
  THRUM_OK = 0,
  THRUM_INVALID_ARGUMENT = 1,
  THRUM_IO = 2,           /* the file cannot be read */
  THRUM_CORRUPT_DATA = 3, /* the file is no model, or damaged */
  THRUM_OUT_OF_MEMORY = 4,
  THRUM_INTERNAL = 5
} thrum_status;
/* NOLINTEND(readability-identifier-naming) */

/* Reads and checks a model file. NULL where that fails: thrum_last_error() says why. */
thrum_model* thrum_model_open(const char* path);
/* NULL is nothing to close. */
void thrum_model_close(thrum_model* model);

/* How many numbers a row has, and how many a prediction: one for each class, or 1 for a regression. 0 for NULL. */
size_t thrum_model_n_features(const thrum_model* model);
size_t thrum_model_n_outputs(const thrum_model* model);

/* NULL where there is no such feature or class. A regression has no classes, nor has a score of anomalies. */
const char* thrum_model_feature_name(const thrum_model* model, size_t feature);
const char* thrum_model_class_name(const thrum_model* model, size_t output);

/* The number that stands in a row for `category`; for one that training did not see, the one that stands for all of
 * these. NAN where the feature has no categories. */
double thrum_category_code(const thrum_model* model, size_t feature, const char* category);

/* rows: n_rows * n_features numbers, row by row, NAN where one is missing; outputs: room for n_rows * n_outputs. The
 * bits of a row's outputs do not depend on the other rows. THRUM_INVALID_ARGUMENT for the code of unknown categories
 * where the model was told to refuse them. */
thrum_status thrum_predict(const thrum_model* model, const double* rows, size_t n_rows, double* outputs);

/* Why the last call of this thread that failed did so; "" where none has. Valid until the next one fails. */
const char* thrum_last_error(void);

#ifdef __cplusplus
}
#endif
