// lock
//
// Locks the open file that it was given as descriptor 3, and ends: flock(2) locks the open file itself,
// so that whoever opened it holds the lock for as long as it lives, killed or not. Node.js has no call
// for that. Exit status 0: locked; 1: another one holds it; 2: this cannot be locked.

#include <errno.h>
#include <sys/file.h>

int main() {
  while (flock(3, LOCK_EX | LOCK_NB) == -1) {
    if (errno != EINTR) return errno == EWOULDBLOCK ? 1 : 2;
  }
  return 0;
}
