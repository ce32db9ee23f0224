"""What openapi.yaml cannot say: an integer that does not fit into 64 bits makes a body unreadable."""

import schemathesis


def fits(value):
    if isinstance(value, dict):
        return all(fits(member) for member in value.values())
    if isinstance(value, list):
        return all(fits(element) for element in value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


@schemathesis.hook
def filter_body(context, body):
    return fits(body)
