# Makes the copy the root of this mount namespace, as a real host has it, and runs /t/run in it.
cd "$RUN/scratch/root"
mkdir -p proc dev .old
mount -t proc proc proc
for part in sys sysrq-trigger; do
    [ -e "proc/$part" ] || continue
    mount --bind "proc/$part" "proc/$part"
    mount -o remount,bind,ro "proc/$part"
done
mount -t tmpfs -o mode=755 dev dev
for node in null zero full random urandom tty; do
    : > "dev/$node"
    mount --bind "/dev/$node" "dev/$node"
done
mkdir -m 1777 dev/shm
mkdir dev/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
ip link set lo up
pivot_root . .old
exec sh /t/run
