// tap SOCKET_PATH PANE TERMINAL
//
// tmux runs this with a pane's output as its standard input (tmux(1) pipe-pane), and it passes that on
// to the host. It promises to read its input whatever the host does, since what is not read makes the
// tmux server grow: where the host is slow, the oldest bytes are dropped and counted in the stream.
// It outlives its host: what no host has taken for good is sent to the next one at the same path.
// Asked by the host, it tells how much input the pane's program has not read from its terminal yet.
// It ends with its input, which ends with the pane. See tap-protocol.ts.

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
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

/// As much as the host keeps of a pane.
constexpr size_t kMaxKeptBytes = 1 << 20;
constexpr size_t kMaxFrameBytes = 64 << 10;
/// How long a host may take to read the rest after the pane's end.
constexpr int64_t kRestLimitMs = 1000;
/// The pause between two attempts to find the next host.
constexpr int64_t kRetryMs = 250;

enum class Frame : char { kPane = 'p', kOutput = 'o', kGap = 'g', kInput = 'i' };

/// The newest output that is not taken, in a ring. Offsets count all the output that ever came.
struct Kept {
  char bytes[kMaxKeptBytes];
  uint64_t origin = 0;  // the offset that is at bytes[0]
  uint64_t end = 0;
  uint64_t next = 0;   // where what is sent next begins
  uint64_t taken = 0;  // a host needs nothing before this any more
};

Kept kept;
/// The pane's terminal, and whether the host has asked about its input.
const char *terminal = "";
bool isAsked = false;
/// The rest of the frame that is being sent: nothing of it can be dropped any more.
std::string frame;
/// What the host sent, as far as it is not a whole message yet.
std::string heard;

void keep(const char *bytes, size_t count) {
  const size_t at = (kept.end - kept.origin) % kMaxKeptBytes;
  const size_t untilEnd = std::min(count, kMaxKeptBytes - at);
  memcpy(kept.bytes + at, bytes, untilEnd);
  memcpy(kept.bytes, bytes + untilEnd, count - untilEnd);
  kept.end += count;
}

/// The offset of the oldest byte that is kept.
uint64_t keptStart() {
  return kept.end - std::min<uint64_t>(kept.end - kept.origin, kMaxKeptBytes);
}

void take(uint64_t offset) {
  kept.taken = std::max(kept.taken, std::min(offset, kept.next));
  // Filling the ring from its start again lets a quiet pane touch little of its memory.
  if (kept.taken == kept.end) kept.origin = kept.end;
}

void beginFrame(Frame kind, uint32_t number) {
  frame = static_cast<char>(kind);
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(number >> shift);
}

/// How many bytes the pane's program has not read (tty_ioctl(4) FIONREAD), with the highest bit set
/// where its terminal is in canonical mode; UINT32_MAX where the terminal does not tell.
uint32_t waitingInput() {
  const int fd = open(terminal, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd == -1) return UINT32_MAX;
  int count = 0;
  termios modes{};
  const bool isTold = ioctl(fd, FIONREAD, &count) == 0 && tcgetattr(fd, &modes) == 0;
  close(fd);
  const uint32_t canonical = (modes.c_lflag & ICANON) != 0 ? 1u << 31 : 0;
  return isTold ? static_cast<uint32_t>(count) | canonical : UINT32_MAX;
}

/// Makes the next frame; @returns false when there is nothing to send.
bool nextFrame() {
  if (isAsked) {
    isAsked = false;
    beginFrame(Frame::kInput, waitingInput());
    return true;
  }
  if (kept.next < keptStart()) {
    const uint64_t told = std::min<uint64_t>(keptStart() - kept.next, UINT32_MAX);
    kept.next += told;
    beginFrame(Frame::kGap, static_cast<uint32_t>(told));
    return true;
  }
  const size_t at = (kept.next - kept.origin) % kMaxKeptBytes;
  const uint64_t untilEnd = std::min<uint64_t>(kept.end - kept.next, kMaxKeptBytes - at);
  const size_t count = std::min<uint64_t>(untilEnd, kMaxFrameBytes);
  if (count == 0) return false;
  beginFrame(Frame::kOutput, static_cast<uint32_t>(count));
  frame.append(kept.bytes + at, count);
  kept.next += count;
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

/// Reads some of the pane's output; @returns false at the end of the pane.
bool readPane() {
  char bytes[kMaxFrameBytes];
  const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
  if (count == -1) return errno == EINTR || errno == EAGAIN;
  keep(bytes, static_cast<size_t>(count));
  return count > 0;
}

/// Handles what the host sent: `t` and eight bytes of an offset, before which all is taken; any other
/// byte is the question.
void understand() {
  constexpr size_t kTakenBytes = 9;
  while (!heard.empty()) {
    const bool isTaken = heard[0] == 't';
    if (isTaken && heard.size() < kTakenBytes) return;
    if (!isTaken) isAsked = true;
    uint64_t offset = 0;
    for (size_t at = 1; isTaken && at < kTakenBytes; at += 1) {
      offset = offset << 8 | static_cast<unsigned char>(heard[at]);
    }
    if (isTaken) take(offset);
    heard.erase(0, isTaken ? kTakenBytes : 1);
  }
}

/// Reads all that the host has sent; @returns false when it is gone.
bool readHost(int host) {
  char bytes[256];
  for (;;) {
    const ssize_t count = recv(host, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count == -1) return errno == EINTR || errno == EAGAIN;
    if (count == 0) return false;
    heard.append(bytes, static_cast<size_t>(count));
    understand();
  }
}

int64_t elapsedMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

/// Passes output on until the host is gone or the pane has ended and all is sent, or a second after that.
/// @returns whether the pane is there.
bool passOn(int host) {
  bool isPaneThere = true;
  int64_t givesUpAt = 0;
  while (sendFrames(host) && (isPaneThere || !frame.empty())) {
    const int64_t leftMs = isPaneThere ? -1 : givesUpAt - elapsedMs();
    if (!isPaneThere && leftMs <= 0) return false;
    const short waited = frame.empty() ? POLLIN : POLLIN | POLLOUT;
    pollfd ends[] = {{isPaneThere ? STDIN_FILENO : -1, POLLIN, 0}, {host, waited, 0}};
    if (poll(ends, 2, static_cast<int>(leftMs)) == -1 && errno != EINTR) return false;
    if ((ends[1].revents & (POLLHUP | POLLERR)) != 0) return isPaneThere;
    if ((ends[1].revents & POLLIN) != 0 && !readHost(host)) return isPaneThere;
    if (ends[0].revents == 0 || readPane()) continue;
    isPaneThere = false;
    givesUpAt = elapsedMs() + kRestLimitMs;
  }
  return isPaneThere;
}

/// Keeps the output that comes for so long; @returns false at the end of the pane.
bool keepFor(int64_t ms) {
  const int64_t until = elapsedMs() + ms;
  for (int64_t leftMs = ms; leftMs > 0; leftMs = until - elapsedMs()) {
    pollfd pane = {STDIN_FILENO, POLLIN, 0};
    if (poll(&pane, 1, static_cast<int>(leftMs)) == -1 && errno != EINTR) return false;
    if (pane.revents != 0 && !readPane()) return false;
  }
  return true;
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
  if (connect(host, name, sizeof address) == 0) return host;
  close(host);
  return -1;
}

/// Waits for a host at `path` and connects; @returns -1 at the end of the pane.
int awaitHost(const char *path) {
  while (keepFor(kRetryMs)) {
    const int host = connectTo(path);
    if (host != -1) return host;
  }
  return -1;
}

/// Prepares the first frame: the pane, where its output goes on, up to where it came before this host,
/// and the id of this process.
void beginStream(const char *pane) {
  const std::string text = std::string(pane) + ' ' + std::to_string(kept.taken) + ' ' +
                           std::to_string(kept.end) + ' ' + std::to_string(getpid());
  beginFrame(Frame::kPane, static_cast<uint32_t>(text.size()));
  frame += text;
  kept.next = kept.taken;
  heard.clear();
  isAsked = false;
}

/// Closes what tmux has opened, and leaves the folder that it was started in, which could not be unmounted.
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
  // Keys and hang-ups of a terminal are for the pane; only the pane and SIGTERM end it.
  for (int signal : {SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  terminal = argv[3];
  int host = connectTo(argv[1]);
  if (host == -1) return EXIT_FAILURE;
  while (host != -1) {
    beginStream(argv[2]);
    const bool isPaneThere = passOn(host);
    // The offset that the host took last may still be unread.
    readHost(host);
    close(host);
    host = isPaneThere ? awaitHost(argv[1]) : -1;
  }
  return EXIT_SUCCESS;
}
