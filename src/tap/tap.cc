// tap SOCKET_PATH PANE TERMINAL
//
// tmux runs it with a pane's output as its standard input (tmux(1), pipe-pane), and it passes that on
// to the host. It promises to read its input whatever the host does, since what is not read makes the
// tmux server grow: where the host is slow, the oldest bytes are dropped and counted in the stream.
// Asked by the host, it tells how much input waits in the pane's terminal for the program to read it.
// It ends with its input, and when the host is gone: tmux then stops piping. See tap-protocol.ts.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

/// As much as the host keeps of a pane.
constexpr size_t kMaxKeptBytes = 1 << 20;
constexpr size_t kMaxFrameBytes = 64 << 10;
/// How long a host may take for the rest after the pane's end.
constexpr int64_t kRestLimitMs = 1000;

enum class Frame : char { kPane = 'p', kOutput = 'o', kGap = 'g', kInput = 'i' };

/// What came and is in no frame yet: `size` bytes from `first` on, round the end.
struct Kept {
  char bytes[kMaxKeptBytes];
  size_t first = 0;
  size_t size = 0;
  uint64_t dropped = 0;  // bytes that came before these, and are not told of yet
};

Kept kept;
/// The pane's terminal, and whether the host has asked about its input.
const char *terminal = "";
bool isAsked = false;
/// The frame that is being sent: nothing of it can be dropped any more.
std::string frame;

void dropOldest(size_t count) {
  kept.first = (kept.first + count) % kMaxKeptBytes;
  kept.size -= count;
}

void keep(const char *bytes, size_t count) {
  if (kept.size + count > kMaxKeptBytes) {
    const size_t surplus = kept.size + count - kMaxKeptBytes;
    dropOldest(surplus);
    kept.dropped += surplus;
  }
  const size_t at = (kept.first + kept.size) % kMaxKeptBytes;
  const size_t untilEnd = std::min(count, kMaxKeptBytes - at);
  memcpy(kept.bytes + at, bytes, untilEnd);
  memcpy(kept.bytes, bytes + untilEnd, count - untilEnd);
  kept.size += count;
}

void beginFrame(Frame kind, uint32_t number) {
  frame = static_cast<char>(kind);
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(number >> shift);
}

/// Bytes that the pane's program has not read; the greatest number where the terminal does not tell.
uint32_t waitingInput() {
  const int fd = open(terminal, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd == -1) return UINT32_MAX;
  int count = 0;
  const bool isTold = ioctl(fd, FIONREAD, &count) == 0;
  close(fd);
  return isTold ? static_cast<uint32_t>(count) : UINT32_MAX;
}

/// @returns false when there is nothing to tell.
bool nextFrame() {
  if (isAsked) {
    isAsked = false;
    beginFrame(Frame::kInput, waitingInput());
    return true;
  }
  if (kept.dropped > 0) {
    const uint64_t told = std::min<uint64_t>(kept.dropped, UINT32_MAX);
    kept.dropped -= told;
    beginFrame(Frame::kGap, static_cast<uint32_t>(told));
    return true;
  }
  const size_t untilEnd = std::min(kept.size, kMaxKeptBytes - kept.first);
  const size_t count = std::min(untilEnd, kMaxFrameBytes);
  if (count == 0) return false;
  beginFrame(Frame::kOutput, static_cast<uint32_t>(count));
  frame.append(kept.bytes + kept.first, count);
  dropOldest(count);
  // A quiet pane then touches little of the memory.
  if (kept.size == 0) kept.first = 0;
  return true;
}

/// Sends what the host takes now; @returns false when the host is gone.
bool sendFrames(int host) {
  while (!frame.empty() || nextFrame()) {
    const ssize_t sent = send(host, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == -1 && errno == EINTR) continue;
    if (sent == -1) return errno == EAGAIN;
    frame.erase(0, static_cast<size_t>(sent));
  }
  return true;
}

/// @returns false at the end of the pane.
bool readPane() {
  char bytes[kMaxFrameBytes];
  const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
  if (count == -1) return errno == EINTR || errno == EAGAIN;
  keep(bytes, static_cast<size_t>(count));
  return count > 0;
}

/// Whatever the host sends is its question; @returns false when it is gone.
bool readHost(int host) {
  char bytes[64];
  const ssize_t count = recv(host, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count == -1) return errno == EINTR || errno == EAGAIN;
  isAsked = true;
  return count > 0;
}

int64_t elapsedMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

/// Passes on until the host is gone or the pane's end has been told.
void passOn(int host) {
  bool isPaneThere = true;
  int64_t givesUpAt = 0;
  while (sendFrames(host) && (isPaneThere || !frame.empty())) {
    const int64_t leftMs = isPaneThere ? -1 : givesUpAt - elapsedMs();
    if (!isPaneThere && leftMs <= 0) return;
    const short waited = frame.empty() ? POLLIN : POLLIN | POLLOUT;
    pollfd ends[] = {{isPaneThere ? STDIN_FILENO : -1, POLLIN, 0}, {host, waited, 0}};
    if (poll(ends, 2, static_cast<int>(leftMs)) == -1 && errno != EINTR) return;
    if ((ends[1].revents & (POLLHUP | POLLERR)) != 0) return;
    if ((ends[1].revents & POLLIN) != 0 && !readHost(host)) return;
    if (ends[0].revents == 0 || readPane()) continue;
    isPaneThere = false;
    givesUpAt = elapsedMs() + kRestLimitMs;
  }
}

int connectTo(const char *path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  // Not blocking: while a host accepts nobody, the pane would not be read.
  const int host = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (host == -1) return -1;
  const auto *name = reinterpret_cast<const sockaddr *>(&address);
  return connect(host, name, sizeof address) == -1 ? -1 : host;
}

/// What tmux has open stays its own, and so does the folder it was started in.
bool closeInherited() {
  DIR *const directory = opendir("/proc/self/fd");
  if (directory == nullptr) return false;
  std::vector<int> inherited;
  while (const dirent *entry = readdir(directory)) inherited.push_back(atoi(entry->d_name));
  closedir(directory);
  for (const int fd : inherited) {
    if (fd > STDERR_FILENO) close(fd);
  }
  return chdir("/") == 0;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 4 || !closeInherited()) return EXIT_FAILURE;
  // Keys and hang-ups of a terminal are for the pane; only the host, the pane and SIGTERM end it.
  for (int signal : {SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  const int host = connectTo(argv[1]);
  if (host == -1) return EXIT_FAILURE;
  const std::string pane = argv[2];
  terminal = argv[3];
  beginFrame(Frame::kPane, static_cast<uint32_t>(pane.size()));
  frame += pane;
  passOn(host);
  return EXIT_SUCCESS;
}
