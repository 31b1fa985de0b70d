"""Values that break careless kernels: NaN, infinities, empty rows, huge scores.

usage: special_values.py ATTN-RUN FOLDER
"""

import dataclasses
import os
import sys

import numpy as np

from attention_case import Case, round_to
from run_case import check_case

CASES = []


def special(**properties):
    """Registers a case; the function changes its data in place."""

    def register(change):
        CASES.append((change.__name__, Case(lse=True, **properties), change))
        return change

    return register


def poison_from(arrays, first):
    arrays["key"][first:] = np.nan
    arrays["value"][first:] = np.inf


@special(queries=33, keys=33, mask="causal", tile=(8, 8))
def the_future_is_nan(arrays):
    poison_from(arrays, 20)  # Rows before 20 do not see it, the others do.


@special(queries=33, keys=65, valid="scalar", valid_value=40)
def padding_is_nan(arrays):
    poison_from(arrays, 40)


@special(queries=17, keys=65, mask_tensor="bool", dtype="f16", tile=(16, 16))
def keys_hidden_by_booleans_are_nan(arrays):
    arrays["mask"][:, 30:] = False
    poison_from(arrays, 30)


@special(queries=17, keys=65, mask_tensor="float", dtype="bf16")
def keys_hidden_by_minus_infinity_are_nan(arrays):
    arrays["mask"][:, 30:] = -np.inf
    poison_from(arrays, 30)


@special(queries=40, keys=40, mask="window<3, 0>", tile=(4, 8), dynamic="sequence")
def outside_the_window_is_infinite(arrays):
    arrays["key"][10] = -np.inf
    arrays["value"][25] = np.inf


@special(queries=40, keys=40, score="past", tile=(8, 16))
def keys_hidden_by_a_condition_are_nan(arrays):
    poison_from(arrays, 20)


@special(queries=20, keys=70, score="odd", mask="prefix<60>", tile=(8, 16))
def keys_hidden_by_a_score_region_are_nan(arrays):
    arrays["key"][::2] = np.nan
    arrays["value"][::2] = np.inf


DOCUMENTS = dict(queries=70, keys=70, mask="and<#attn.causal, #attn.segments>")


def set_documents(arrays, *lengths):
    ids = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    arrays["query_segments"][:] = arrays["key_segments"][:] = ids


@special(**DOCUMENTS, tile=(8, 16))
def another_document_is_nan(arrays):
    set_documents(arrays, 20, 1, 16, 33)  # Boundaries inside tiles and between.
    arrays["key"][20:37] = np.nan
    arrays["value"][20:37] = np.inf


@special(**DOCUMENTS, tile=(16, 32), dynamic="sequence")
def documents_of_one_token(arrays):
    set_documents(arrays, *[1] * 70)
    arrays["value"][33] = np.nan


@special(**DOCUMENTS, dynamic="all")
def one_document(arrays):
    set_documents(arrays, 70)
    poison_from(arrays, 60)


@special(**DOCUMENTS, tile=(8, 8))
def documents_in_no_order(arrays):
    ids = np.arange(70, dtype=np.int32) * 7 % 4
    arrays["query_segments"][:] = arrays["key_segments"][:] = ids
    arrays["value"][ids == 2] = np.nan


@special(queries=17, keys=70, mask="segments", tile=(8, 16))
def queries_of_no_document(arrays):
    arrays["query_segments"][:] = np.arange(17) % 3 * 1000 - 1000
    arrays["key_segments"][:] = np.arange(70) // 9


@special(queries=9, keys=33)
def one_query_is_nan(arrays):
    arrays["query"][4] = np.nan


@special(queries=9, keys=33, mask="causal", offset="scalar", offset_value=10)
def a_score_is_plus_infinity(arrays):
    arrays["query"][:] = np.abs(arrays["query"])
    arrays["key"][15] = np.inf


@special(queries=9, keys=70, tile=(4, 16))
def a_visible_value_is_infinite(arrays):
    arrays["value"][3, 1] = np.inf
    arrays["value"][60, 2] = -np.inf
    arrays["value"][61, 1] = np.nan


@special(queries=17, keys=40, mask_tensor="float", tile=(8, 16))
def rows_biased_to_minus_infinity(arrays):
    arrays["mask"][[0, 7, 16]] = -np.inf


@special(queries=40, keys=20, mask="window<2, 0>", tile=(8, 4))
def queries_beyond_the_keys_see_none(arrays):
    pass


@special(queries=20, keys=40, mask="causal", offset="scalar", offset_value=-5)
def a_negative_offset_empties_the_first_rows(arrays):
    pass


@special(queries=20, keys=40, mask="causal", offset="scalar", offset_value=-(2**62))
def an_offset_far_below_hides_all(arrays):
    pass


@special(queries=20, keys=40, mask="causal", offset="scalar", offset_value=2**62)
def an_offset_far_above_shows_all(arrays):
    pass


@special(queries=8, keys=40, valid="scalar", valid_value=-3, dynamic="all")
def a_negative_number_of_keys_is_none(arrays):
    pass


@special(queries=8, keys=40, valid="scalar", valid_value=2**62, tile=(8, 16))
def more_valid_keys_than_keys_are_all(arrays):
    pass


@special(queries=1, keys=129, layout="bhsd", heads=3, mask="causal", offset="scalar",
         offset_value=128)  # fmt: skip
def decode_one_query(arrays):
    pass


@special(queries=17, keys=65, features=1, scale=1.0, tile=(16, 16))
def scores_of_ten_thousand(arrays):
    arrays["query"][:] = 100.0
    arrays["key"][:] = 100.0 * np.sign(arrays["key"])
    arrays["key"][5] = 101.0  # One key wins by 100: weight 1, exactly.


@special(queries=9, keys=33, features=1, scale=0.5, tile=(8, 8))
def products_next_to_overflow(arrays):
    arrays["query"][:] = 1e19
    arrays["key"][:] = -3e19
    arrays["key"][20] = 3e19  # A product of 3e38, the others -3e38.


@special(queries=9, keys=1)
def one_key_of_denormal_values(arrays):
    arrays["value"][:] = np.float32(1e-40)


@special(queries=9, keys=1, dtype="bf16", value_features=17)
def one_key_of_denormal_values_bf16(arrays):
    arrays["value"][:] = round_to(np.float32(1e-39), "bf16")


@special(queries=9, keys=1, dtype="f16", value_features=17)
def one_key_of_denormal_values_f16(arrays):
    arrays["value"][:] = np.float16(6e-7)


@special(queries=9, keys=17)
def negative_zeros(arrays):
    arrays["query"][:] = -0.0
    arrays["value"][:] = -0.0


def main():
    attn_run, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    failures = count = 0
    for name, case, change in CASES:
        for form in ("materialized", "recurrent", "blocked"):
            arrays = case.inputs()
            change(arrays)
            count += 1
            try:
                results = check_case(attn_run, case, form, folder, arrays)
                if case.keys == 1 and (results[0] != arrays["value"]).any():
                    raise AssertionError("one key's value must come back exactly")
            except (AssertionError, RuntimeError) as error:
                failures += 1
                print(f"{name}, {form}: {case}\n{error}", file=sys.stderr)
    print(f"{count - failures} passed, {failures} failed")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
