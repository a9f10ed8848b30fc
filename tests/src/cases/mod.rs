//! Attack cases: rows of commands that must, or must not, raise an alert.
