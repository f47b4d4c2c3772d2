"""Faults and what is known of them."""

HAVE_STATE = {  # what memory held, or how often they were called, decides what is seen
    "gradient_kept_by_its_input_alone",
    "answers_cached_by_address",
    "only_the_first_call_is_computed",
    "last_columns_never_written",
    "odd_units_never_written",
    "result_changes_from_call_to_call",
    "sums_in_a_random_order",
}
