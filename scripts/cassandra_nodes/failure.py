"""The one exception that is told to the user in a line, without a trace."""


class Failure(Exception):
    pass
