#include "identity.h"

#include "identity.gen.h"

__attribute__((section(".identity"), used)) const identity_t identity = {
    .magic = {'S', 'O', 'L', 'S'},
    .version = 1,
    .module = IDENTITY_MODULE,
    .firmware = {0},
};
