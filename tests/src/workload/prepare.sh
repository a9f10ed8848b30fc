# Mounts a throw-away copy of a root: $RUN/files over $LOWER, writes to a memory file system that
# goes away with the mount.
set -eu
mount -t tmpfs -o mode=755 scratch "$RUN/scratch"
mkdir "$RUN/scratch/upper" "$RUN/scratch/work" "$RUN/scratch/root"
mount -t overlay -o "lowerdir=$RUN/files:$LOWER,upperdir=$RUN/scratch/upper,workdir=$RUN/scratch/work" \
    overlay "$RUN/scratch/root"
