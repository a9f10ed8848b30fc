# runc runs in the node's own mount namespace, as runtimes do.
trap 'umount -l "$RUN/scratch"' EXIT
runc --root "$RUN/state" run --bundle "$RUN" "$ID"
