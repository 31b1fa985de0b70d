/* Calls two kernels that attn-compile made: causal attention of any length, and
 * one step of decoding. */

#include "attention.h"
#include "decode.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = 100, FEATURES = 64, CACHE = 128 };

static float query[TOKENS][FEATURES], key[CACHE][FEATURES], value[CACHE][FEATURES];
static float outputs[4][TOKENS][FEATURES];

/* Kernels have no state: threads may call the same one at the same time. */
static void *run_attention(void *output) {
  int32_t status = attention(&query[0][0], &key[0][0], &value[0][0], output,
                             TOKENS, TOKENS);
  if (status != ATTN_OK) {
    fprintf(stderr, "attention: error code %d\n", (int)status);
    exit(1);
  }
  return NULL;
}

int main(void) {
  for (int token = 0; token < CACHE; ++token)
    for (int feature = 0; feature < FEATURES; ++feature) {
      if (token < TOKENS)
        query[token][feature] = 1.0f;
      key[token][feature] = 0.5f; /* All keys alike: the weights are equal... */
      value[token][feature] = (float)token;
    }

  pthread_t threads[4];
  for (int i = 0; i < 4; ++i)
    pthread_create(&threads[i], NULL, run_attention, outputs[i]);
  for (int i = 0; i < 4; ++i)
    pthread_join(threads[i], NULL);
  /* ...and token i gets the mean of 0..i. */
  printf("tokens 0, 1, 99: %g %g %g\n", outputs[0][0][0], outputs[0][1][0],
         outputs[0][99][0]);
  for (int i = 1; i < 4; ++i)
    if (memcmp(outputs[0], outputs[i], sizeof(outputs[0])) != 0)
      printf("thread %d computed other bits\n", i);

  float next[FEATURES];
  if (decode(query[0], &key[0][0], &value[0][0], 11, next) != ATTN_OK)
    return 1;
  printf("decode with 11 keys: %g\n", next[0]);

  /* Mistakes come back as error codes; nothing is written. */
  printf("a negative size: %d\n",
         (int)attention(&query[0][0], &key[0][0], &value[0][0], &outputs[0][0][0],
                        -1, TOKENS));
  printf("a null pointer: %d\n",
         (int)decode(query[0], NULL, &value[0][0], 11, next));
  return 0;
}
