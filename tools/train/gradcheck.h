/* The gradient against finite differences, and a proof that the comparison can fail. */
#ifndef TRAIN_GRADCHECK_H
#define TRAIN_GRADCHECK_H

#include <stdbool.h>

/* Prints one line for each tensor; false if any differs, or if a gradient spoiled on purpose goes unnoticed. */
bool gradcheck_run(void);

#endif
