// RUN: attn-opt %s -attn-print-cost -o /dev/null | FileCheck %s
// RUN: attn-opt %s -attn-print-cost="json=true" -o /dev/null | FileCheck %s -check-prefix=JSON
// RUN: attn-opt %s -attn-print-cost="length=1000" -o /dev/null | FileCheck %s -check-prefix=LENGTH
// RUN: attn-opt %s -attn-print-cost="queries=8 keys=16" -o /dev/null | FileCheck %s -check-prefix=TILES
// RUN: not attn-opt %s -attn-print-cost="queries=0" -o /dev/null 2>&1 | FileCheck %s -check-prefix=ZERO

// ZERO: error: tile sizes are in rows and must be positive, got queries = 0, keys = 256, block = 0

// TWICE: pass-pipeline

// C(64 + 3, 3) - 1 - 64 = 47840 folds, C(66, 2) - 1 = 2144 evaluations of a layer,
// C(66, 3) = 45760 reads: see science of recomputation in docs/SpaceTime.md.

// CHECK-LABEL: @stack, 64 tokens
// CHECK:       plan peak flops folds
// CHECK:       * (2 layers) {{.*}} 47840 2144 45760
// CHECK:       folds C(L+3, 3) - 1 - L = 47840
// CHECK:       block_evaluations C(L+2, 2) - 1 = 2144
// CHECK:       disk_reads C(L+2, 3) = 45760

// JSON:      "large": {
// JSON:          "folds": {
// JSON-NEXT:       "closed_form": "C(L+1, 2)",
// JSON-NEXT:       "value": "604462909807864343166976"
// JSON:      "lone": {
// JSON-NEXT:   "attentions": [
// JSON-NEXT:     {
// JSON-NEXT:       "L": 64,
// JSON-NEXT:       "disk_bytes": {
// JSON-NEXT:         "closed_form": "32 L",
// JSON-NEXT:         "value": "2048"
// JSON:                "cache_bytes": "0",
// JSON:                "cache_bytes": "0",
// JSON-NEXT:           "chosen": false,
// JSON-NEXT:           "flops": {
// JSON-NEXT:             "closed_form": "8192 C(n+1, 2)",
// JSON-NEXT:             "tokens_per_n": 32,
// JSON-NEXT:             "value": "24576"
// JSON-NEXT:           },
// JSON-NEXT:           "form": "recurrent",
// JSON:                "peak_bytes": {
// JSON-NEXT:             "value": "1792"
// JSON-NEXT:           },
// JSON-NEXT:           "queries": 32,
// JSON-NEXT:           "row_bytes": 512,
// JSON:        "flops": "16640",
// JSON-NEXT:   "folds": "2080"
// JSON-NEXT: },
// JSON:      "operands": {
// JSON:            "value": null
// JSON:          "heads": null,
// JSON:        "flops": null,
// JSON-NEXT:   "folds": null
// JSON:      "stack": {
// JSON:        "chosen": {{[0-9]+}}
// JSON:        "block_evaluations": "C(L+2, 2) - 1"
// JSON:        "folds": "47840"
func.func @stack(%x: tensor<64x2xf32>) -> tensor<64x2xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 2>]>} {
  %init = tensor.empty() : tensor<64x2xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<64x2xf32>, tensor<64x2xf32>, tensor<64x2xf32>)
         outs(%init : tensor<64x2xf32>) {mask = #attn.causal} -> tensor<64x2xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<64x2xf32>, tensor<64x2xf32>, tensor<64x2xf32>)
         outs(%init : tensor<64x2xf32>) {mask = #attn.causal} -> tensor<64x2xf32>
  return %z : tensor<64x2xf32>
}

// Two tiles of queries: the first sees 32 keys, the second all. In the materialized form
// rows of 64 numbers are 80 long.

// CHECK-LABEL: @lone
// CHECK-NEXT:    folds 2080, flops 16640
// CHECK-NEXT:    L queries, L keys, 1 head, L = 64
// CHECK-NEXT:    form peak flops folds key reads state temporaries cache disk
// CHECK-NEXT:    materialized 22.25 KiB 32768 2080 64 1.13 KiB 21.13 KiB 0 B 2 KiB
// CHECK-NEXT:    recurrent (queries = 32) 1.75 KiB 24576 2080 96 768 B 1 KiB 0 B 2 KiB
// CHECK-NEXT:    blocked (queries = 32, keys = 256) 13.50 KiB 24576 2080 96 768 B 12.75 KiB 0 B 2 KiB
// CHECK-NEXT:    all folds C(L+1, 2) = 2080
// CHECK-NEXT:    all disk_bytes 32 L = 2048
// CHECK-NEXT:    materialized flops 8 L^2 = 32768
// CHECK-NEXT:    materialized key_reads L = 64
// CHECK-NEXT:    recurrent flops 8192 C(n+1, 2) = 24576, n = L / 32
// CHECK-NEXT:    recurrent key_reads 32 C(n+1, 2) = 96, n = L / 32

// Eight tiles: 8 C(9, 2) reads.
// TILES-LABEL: @lone
// TILES:         blocked (queries = 8, keys = 16) {{.*}} 2080 288
func.func @lone(%q: tensor<64x2xf32>, %k: tensor<64x2xf32>, %init: tensor<64x2xf32>) -> tensor<64x2xf32> {
  %y = attn.attention ins(%q, %k, %k : tensor<64x2xf32>, tensor<64x2xf32>, tensor<64x2xf32>)
         outs(%init : tensor<64x2xf32>) {mask = #attn.causal} -> tensor<64x2xf32>
  return %y : tensor<64x2xf32>
}

// A form that is chosen is marked, and says its tiles. A block shares what all of it see:
// with n blocks of four tiles, 64 keys for each pair of blocks, and 16 (1 + 2 + 3 + 4) for
// the tiles of each; in both heads.

// CHECK-LABEL: @free
// CHECK-NEXT:    folds unknown, flops unknown
// CHECK-NEXT:    L queries, L keys, 2 heads
// CHECK-NEXT:    form
// CHECK-NEXT:    materialized ? ? ? ? ? ? 0 B ?
// CHECK-NEXT:    recurrent (queries = 32) 6.40 KiB ? ? ? 4.43 KiB 1.97 KiB 0 B ?
// CHECK-NEXT:  * blocked (queries = 16, keys = 32, block = 64) 13.11 KiB ? ? ? 5.50 KiB 7.61 KiB 0 B ?
// CHECK-NEXT:    all folds L^2 + L{{$}}
// CHECK:         materialized state_bytes 80 L{{$}}
// CHECK:         materialized temporary_bytes 8 L^2 + 80 L{{$}}
// CHECK:         blocked key_reads 128 C(n, 2) + 320 n, n = L / 64{{$}}

// LENGTH-LABEL: @free
// LENGTH:        L queries, L keys, 2 heads, L = 1000
// LENGTH:        materialized 7.78 MiB
// LENGTH:        materialized temporary_bytes 8 L^2 + 80 L = 8080000
// LENGTH:        blocked key_reads 128 C(n, 2) + 320 n, n = L / 64; 20336
func.func @free(%q: tensor<2x?x8xf32>, %k: tensor<2x?x8xf32>, %init: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> {
  %y = attn.attention ins(%q, %k, %k : tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>)
         outs(%init : tensor<2x?x8xf32>) {mask = #attn.causal, form = #attn.form<blocked, queries = 16, keys = 32, block = 64>} -> tensor<2x?x8xf32>
  return %y : tensor<2x?x8xf32>
}

// Six heads read two sets of keys once, if all of a group are one tile.

// CHECK-LABEL: @few
// CHECK:         1 query, 100 keys, 6 heads
// CHECK:         materialized 2.81 KiB 19200 600 600
// CHECK:         recurrent (queries = 32) 88 B 19200 600 600
// CHECK:         blocked (queries = 32, keys = 256) {{.*}} 19200 600 200 216 B
// CHECK-NOT:     all
func.func @few(%q: tensor<2x3x1x8xf32>, %k: tensor<2x100x8xf32>, %init: tensor<2x3x1x8xf32>) -> tensor<2x3x1x8xf32> {
  %y = attn.attention ins(%q, %k, %k : tensor<2x3x1x8xf32>, tensor<2x100x8xf32>, tensor<2x100x8xf32>)
         outs(%init : tensor<2x3x1x8xf32>) {indexing_maps = [affine_map<(b, g, m, k1, k2, n) -> (b, g, m, k1)>, affine_map<(b, g, m, k1, k2, n) -> (b, k2, k1)>, affine_map<(b, g, m, k1, k2, n) -> (b, k2, n)>, affine_map<(b, g, m, k1, k2, n) -> (b, g, m, n)>]} -> tensor<2x3x1x8xf32>
  return %y : tensor<2x3x1x8xf32>
}

// An operand decides how many keys there are, and nobody says how many heads.

// CHECK-LABEL: @operands
// CHECK:         40 queries, 90 keys, for each head
// CHECK-NEXT:    form
// CHECK-NEXT:    materialized {{.*}} 115200 ? 90
// CHECK-NEXT:    recurrent (queries = 32) 4.06 KiB ? ? ? 2.81 KiB
func.func @operands(%q: tensor<?x40x8xf32>, %k: tensor<?x90x8xf32>, %valid: index, %init: tensor<?x40x8xf32>) -> tensor<?x40x8xf32> {
  %y = attn.attention ins(%q, %k, %k : tensor<?x40x8xf32>, tensor<?x90x8xf32>, tensor<?x90x8xf32>) valid_keys(%valid : index)
         outs(%init : tensor<?x40x8xf32>) -> tensor<?x40x8xf32>
  return %y : tensor<?x40x8xf32>
}

// CHECK-LABEL: @nothing
// CHECK:         materialized 0 B 0 0 0 0 B 0 B 0 B
// CHECK-NEXT:    recurrent (queries = 32) 0 B 0 0 0 0 B 0 B 0 B
// CHECK-NEXT:    blocked (queries = 32, keys = 256) 0 B 0 0 0 0 B 0 B 0 B
func.func @nothing(%q: tensor<0x8xf32>, %k: tensor<5x8xf32>, %init: tensor<0x8xf32>) -> tensor<0x8xf32> {
  %y = attn.attention ins(%q, %k, %k : tensor<0x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>)
         outs(%init : tensor<0x8xf32>) -> tensor<0x8xf32>
  return %y : tensor<0x8xf32>
}

// Beyond 64 bits, and more tiles than could be looked at.

// CHECK-LABEL: @large
// CHECK:         folds C(L+1, 2) = 604462909807864343166976
// CHECK:         materialized flops 32 L^2 = 38685626227668133590597632
// CHECK:         blocked key_reads 32 C(n+1, 2) = 18889465932028336668672, n = L / 32
func.func @large(%q: tensor<1099511627776x8xf32>, %k: tensor<1099511627776x8xf32>, %init: tensor<1099511627776x8xf32>) -> tensor<1099511627776x8xf32> {
  %y = attn.attention ins(%q, %k, %k : tensor<1099511627776x8xf32>, tensor<1099511627776x8xf32>, tensor<1099511627776x8xf32>)
         outs(%init : tensor<1099511627776x8xf32>) {mask = #attn.causal} -> tensor<1099511627776x8xf32>
  return %y : tensor<1099511627776x8xf32>
}
