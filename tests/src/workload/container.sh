exec runc --root "$RUN/state" run --bundle "$RUN" "$ID"
