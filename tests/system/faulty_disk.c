/* Put before a process by LD_PRELOAD: what the disk of its databases does is said by the first
 * letter of the file $FAULTY_DISK: f: it is full; s: a sync fails; anything else: it works. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char fault(int descriptor) {
    char link[64], path[4096], letter = 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    if (!strstr(path, ".db")) return 0;
    const char *control = getenv("FAULTY_DISK");
    FILE *file = control ? fopen(control, "r") : NULL;
    if (!file) return 0;
    letter = (char)fgetc(file);
    fclose(file);
    return letter;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    if (fault(descriptor) == 'f') { errno = ENOSPC; return -1; }
    return NEXT(pwrite64)(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    if (fault(descriptor) == 'f') { errno = ENOSPC; return -1; }
    return NEXT(pwrite)(descriptor, bytes, count, offset);
}

int fdatasync(int descriptor) {
    if (fault(descriptor) == 's') { errno = EIO; return -1; }
    return NEXT(fdatasync)(descriptor);
}

int fsync(int descriptor) {
    if (fault(descriptor) == 's') { errno = EIO; return -1; }
    return NEXT(fsync)(descriptor);
}
