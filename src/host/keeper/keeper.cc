// keeper SOCKET_PATH NAME
//
// A pane's own process: it runs the pane's command as its child on the pane's terminal, reports the
// command's end at once and stays, so that tmux never meets a dead pane. It promises to live exactly
// as long as its terminal, never to block on a manager or on the terminal, and to keep the state
// (what runs, how it ended) over managers that come and go. Commands and their environment arrive
// over the socket alone: they are in no argument list and in no file. On SIGUSR1 it makes its socket
// again where that was deleted. See keeper-protocol.ts.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <vector>

extern char **environ;

namespace {

constexpr size_t kMaxConnections = 4;
constexpr size_t kMaxMessageBytes = 1 << 20;
constexpr size_t kLengthBytes = 4;
/// A manager that leaves this much unread is closed; a state takes less than 256 bytes.
constexpr size_t kMaxUnsentBytes = 8 << 10;
/// How much may wait for a terminal that nobody reads; more is dropped.
constexpr size_t kMaxUnprintedBytes = 16 << 10;
constexpr int64_t kTermAfterMs = 2000;
constexpr int64_t kKillAfterMs = 5000;

/// How many process groups of ended commands may live on; beyond that the oldest is killed.
constexpr size_t kMaxLeftovers = 16;
constexpr int kLeftoverLookMs = 100;

/// Undoes what a killed program leaves behind: focus and mouse reports, paste brackets, cursor keys,
/// extended keys, insert mode, alternate screen, scroll region, hidden cursor, keypad, colours, charset.
constexpr char kModeResets[] =
    "\033[?1004l\033[?1000l\033[?1002l\033[?1003l\033[?1005l\033[?1006l\033[?2004l\033[?1l\033[>4n"
    "\033[4l\033[?7h\033[?1049l\0337\033[r\0338\033[?25h\033[0 q\033>\033[0m\033(B\017";

struct Connection {
  int fd = -1;
  std::string input;
  std::string output;
};

struct Command {
  pid_t pid = 0;  // also its process group; 0 while nothing runs
  int64_t starts = 0;
  int64_t startedAt = 0;
  bool hasEnded = false;
  int status = 0;
  int signal = 0;
  int64_t endedAt = 0;
};

/// A process group that its command has left behind; the number names no other group while it has
/// members (POSIX.1-2017, fork: a new process id matches no active process group id).
struct Leftover {
  pid_t group = 0;
  int64_t since = 0;
  int lastSent = SIGHUP;
};

struct Keeper {
  const char *name = "";
  const char *socketPath = "";
  struct stat socketFile = {};
  int signals = -1;
  int listener = -1;
  int terminal = -1;  // -1 once it has hung up
  int64_t hungUpAt = 0;
  int lastSent = 0;  // the last signal of the ending: SIGHUP, SIGTERM, SIGKILL
  termios modes = {};
  std::string output;
  Command command;
  std::vector<Leftover> leftovers;
  Connection connections[kMaxConnections];
};

Keeper keeper;

int64_t millisecondsOf(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

// ---- terminal

/// Replaces control characters, the two-byte ones of UTF-8 (U+0080 to U+009F) included.
std::string printable(const char *text) {
  std::string result;
  for (const char *at = text; *at != '\0'; at++) {
    const auto byte = static_cast<unsigned char>(*at);
    const auto next = static_cast<unsigned char>(at[1]);
    const bool isLongControl = byte == 0xc2 && next >= 0x80 && next <= 0x9f;
    if (isLongControl) at++;
    result += isLongControl || byte < 0x20 || byte == 0x7f ? '?' : *at;
  }
  return result;
}

/// Writes what the terminal takes now; the rest waits for POLLOUT.
void flushTerminal() {
  while (keeper.terminal != -1 && !keeper.output.empty()) {
    const ssize_t sent = write(keeper.terminal, keeper.output.data(), keeper.output.size());
    if (sent == -1 && errno == EINTR) continue;
    if (sent == -1 && errno == EAGAIN) return;
    keeper.output.erase(0, sent == -1 ? std::string::npos : static_cast<size_t>(sent));
  }
}

void print(const std::string &text) {
  if (keeper.output.size() + text.size() > kMaxUnprintedBytes) return;
  keeper.output += text;
  flushTerminal();
}

/// Sets the terminal for the time between two runs: no echo, no signals from keys, no flow control; all
/// that is typed is discarded.
void idleTerminal() {
  termios idle = keeper.modes;
  idle.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
  idle.c_iflag &= ~static_cast<tcflag_t>(IXON);
  tcsetattr(keeper.terminal, TCSANOW, &idle);
  tcflow(keeper.terminal, TCOON);
  tcflush(keeper.terminal, TCIFLUSH);
}

/// Makes `group` the terminal's foreground group; SIGTTOU is ignored, so that it never stops us.
void setForeground(pid_t group) { tcsetpgrp(keeper.terminal, group); }

// ---- managers

void closeConnection(Connection &connection) {
  close(connection.fd);
  connection.fd = -1;
  connection.input = std::string();
  connection.output = std::string();
}

void flushConnection(Connection &connection) {
  while (!connection.output.empty()) {
    const ssize_t sent =
        send(connection.fd, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
    if (sent == -1 && errno == EINTR) continue;
    if (sent == -1 && errno == EAGAIN) return;
    if (sent == -1) return closeConnection(connection);
    connection.output.erase(0, static_cast<size_t>(sent));
  }
}

void sendState(Connection &connection) {
  const Command &command = keeper.command;
  char exit[128] = "null";
  if (command.hasEnded) {
    snprintf(exit, sizeof exit, "{\"status\":%d,\"signal\":%d,\"at\":%lld}", command.status,
             command.signal, static_cast<long long>(command.endedAt));
  }
  char line[256];
  snprintf(line, sizeof line,
           "{\"running\":%s,\"pid\":%d,\"starts\":%lld,\"startedAt\":%lld,\"exit\":%s,"
           "\"hungUp\":%s}\n",
           command.pid == 0 ? "false" : "true", command.pid, static_cast<long long>(command.starts),
           static_cast<long long>(command.startedAt), exit, keeper.terminal == -1 ? "true" : "false");
  connection.output += line;
  if (connection.output.size() > kMaxUnsentBytes) return closeConnection(connection);
  flushConnection(connection);
}

void reportState() {
  for (Connection &connection : keeper.connections) {
    if (connection.fd != -1) sendState(connection);
  }
}

// ---- command

const char *signalName(int signal) {
  static constexpr const char *kNames[] = {
      nullptr,     "SIGHUP",  "SIGINT",  "SIGQUIT", "SIGILL",    "SIGTRAP", "SIGABRT",   "SIGBUS",
      "SIGFPE",    "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",   "SIGPIPE", "SIGALRM",   "SIGTERM",
      "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",   "SIGTTIN", "SIGTTOU",   "SIGURG",
      "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",  "SIGPWR",    "SIGSYS",
  };
  const bool isNamed = signal > 0 && static_cast<size_t>(signal) < sizeof kNames / sizeof *kNames;
  return isNamed ? kNames[signal] : nullptr;
}

void signalCommand(int signal) {
  if (keeper.command.pid == 0) return;
  // A command that has left its own group is still reached by its process id.
  if (kill(-keeper.command.pid, signal) == -1) kill(keeper.command.pid, signal);
}

void printEnd() {
  const Command &command = keeper.command;
  char how[64];
  if (command.signal == 0) {
    snprintf(how, sizeof how, "exited with status %d", command.status);
  } else if (const char *name = signalName(command.signal)) {
    snprintf(how, sizeof how, "was ended by %s", name);
  } else {
    snprintf(how, sizeof how, "was ended by SIG%d", command.signal);
  }
  print(std::string(kModeResets) + "\r\n[triad: " + printable(keeper.name) + " " + how + "]\r\n");
}

void recordEnd(int status, int signal) {
  keeper.command.pid = 0;
  keeper.command.hasEnded = true;
  keeper.command.status = status;
  keeper.command.signal = signal;
  keeper.command.endedAt = millisecondsOf(CLOCK_REALTIME);
  if (keeper.terminal != -1) {
    setForeground(getpgrp());
    idleTerminal();
    printEnd();
  }
  reportState();
}

/// Does what the kernel does when a session leader ends (setsid(2)), since the command is none: a job in
/// the foreground must not stay behind on a terminal that the next run will use.
void hangUpForeground() {
  const pid_t group = tcgetpgrp(keeper.terminal);
  if (group <= 1 || group == getpgrp()) return;
  const pid_t session = getsid(group);
  if (session != -1 && session != getsid(0)) return;  // the number belongs to somebody else by now
  kill(-group, SIGHUP);
  kill(-group, SIGCONT);
}

/// Hangs up what the command has left; it is not reaped yet, so that its number names no other group.
void hangUpLeftovers() {
  kill(-keeper.command.pid, SIGHUP);
  kill(-keeper.command.pid, SIGCONT);
  if (keeper.terminal != -1) hangUpForeground();
}

void rememberLeftovers(pid_t group) {
  if (kill(-group, 0) == -1) return;
  if (keeper.leftovers.size() == kMaxLeftovers) {
    kill(-keeper.leftovers.front().group, SIGKILL);
    keeper.leftovers.erase(keeper.leftovers.begin());
  }
  keeper.leftovers.push_back({group, millisecondsOf(CLOCK_MONOTONIC)});
}

/// The signal that is due so long after the hang-up.
int dueSignal(int64_t elapsedMs) {
  return elapsedMs >= kKillAfterMs ? SIGKILL : elapsedMs >= kTermAfterMs ? SIGTERM : SIGHUP;
}

/// Sends a group the signal that is due; @returns false when it is gone, or was killed.
bool endLeftover(Leftover &leftover, int64_t now) {
  if (kill(-leftover.group, 0) == -1) return false;
  const int due = dueSignal(now - leftover.since);
  if (due != leftover.lastSent) {
    kill(-leftover.group, due);
    kill(-leftover.group, SIGCONT);
    leftover.lastSent = due;
  }
  return due != SIGKILL;
}

/// Sends what is left of ended commands the next signal when its time has come.
/// @returns milliseconds until the next look, or -1 when none is needed.
int endLeftovers() {
  const int64_t now = millisecondsOf(CLOCK_MONOTONIC);
  std::vector<Leftover> &all = keeper.leftovers;
  for (size_t i = all.size(); i-- > 0;) {
    if (!endLeftover(all[i], now)) all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return all.empty() ? -1 : kLeftoverLookMs;
}

/// A stopped command would freeze the pane for ever: nobody else could continue it.
void continueCommand(int stoppedBy) {
  if (stoppedBy == SIGTTIN || stoppedBy == SIGTTOU) setForeground(keeper.command.pid);
  signalCommand(SIGCONT);
}

/// Handles all that happened to the command: one SIGCHLD may stand for several changes (signal(7)).
void watchCommand() {
  while (keeper.command.pid != 0) {
    const auto id = static_cast<id_t>(keeper.command.pid);
    siginfo_t change = {};
    if (waitid(P_PID, id, &change, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == -1) return;
    if (change.si_pid == 0) return;
    if (change.si_code == CLD_STOPPED) {
      waitid(P_PID, id, &change, WSTOPPED | WNOHANG);
      continueCommand(change.si_status);
      continue;
    }
    hangUpLeftovers();
    waitid(P_PID, id, &change, WEXITED | WNOHANG);
    rememberLeftovers(keeper.command.pid);
    const bool hasExited = change.si_code == CLD_EXITED;
    recordEnd(hasExited ? change.si_status : 0, hasExited ? 0 : change.si_status);
  }
}

/// Reaps the orphans that a subreaper gets (prctl(2)), so that no dead process counts as still there.
void reapOrphans() {
  siginfo_t ended = {};
  while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0) {
    // The end of the command itself is for `watchCommand`, after another SIGCHLD.
    if (ended.si_pid == 0 || ended.si_pid == keeper.command.pid) return;
    waitpid(ended.si_pid, nullptr, WNOHANG);
    ended = {};
  }
}

[[noreturn]] void failChild(const char *verb, const char *what) {
  const int error = errno;
  const std::string line =
      std::string("triad: cannot ") + verb + " " + printable(what) + ": " + strerror(error) + "\r\n";
  // A terminal that does not take the text changes nothing: the exit status tells the same.
  (void)!write(STDERR_FILENO, line.data(), line.size());
  _exit(error == ENOENT ? 127 : 126);
}

struct StartRequest {
  char *cwd;
  std::vector<char *> environment;
  std::vector<char *> argv;  // ends with a null pointer
};

[[noreturn]] void runChild(const StartRequest &request) {
  setpgid(0, 0);
  setForeground(getpid());
  for (int signal = 1; signal < NSIG; signal++) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (chdir(request.cwd) == -1) failChild("enter", request.cwd);
  for (char *pair : request.environment) putenv(pair);
  execvp(request.argv[0], request.argv.data());
  failChild("run", request.argv[0]);
}

void startCommand(const StartRequest &request) {
  tcsetattr(keeper.terminal, TCSANOW, &keeper.modes);
  tcflush(keeper.terminal, TCIFLUSH);
  // A signal must wait until the child has its default actions, and not be ignored before that.
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  if (pid == 0) runChild(request);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  keeper.command.starts++;
  keeper.command.startedAt = millisecondsOf(CLOCK_REALTIME);
  if (pid == -1) {
    print(std::string("triad: cannot fork: ") + strerror(errno) + "\r\n");
    return recordEnd(126, 0);
  }
  // Both sides call setpgid, so that signals find the group whichever runs first. Only the child takes
  // the foreground: if we did it late, we would take it from a job of a shell.
  setpgid(pid, pid);
  keeper.command.pid = pid;
  reportState();
}

// ---- messages

/// Parses a whole decimal number from 0 to `max`; -1 for anything else.
long parseNumber(const char *text, long max) {
  char *end = nullptr;
  errno = 0;
  const long number = strtol(text, &end, 10);
  if (end == text || *end != '\0' || errno != 0 || number < 0 || number > max) return -1;
  return number;
}

bool handleStart(const std::vector<char *> &fields) {
  if (keeper.terminal == -1 || fields.size() < 4) return false;
  const long count = parseNumber(fields[2], static_cast<long>(fields.size()) - 4);
  if (count == -1) return false;
  const auto argv = fields.begin() + 3 + count;
  StartRequest request = {fields[1], {fields.begin() + 3, argv}, {argv, fields.end()}};
  for (const char *pair : request.environment) {
    if (pair[0] == '=' || strchr(pair, '=') == nullptr) return false;
  }
  request.argv.push_back(nullptr);
  if (keeper.command.pid == 0) startCommand(request);
  return true;
}

bool handleSignal(const std::vector<char *> &fields) {
  const long signal = fields.size() == 2 ? parseNumber(fields[1], NSIG - 1) : -1;
  if (signal <= 0) return false;
  signalCommand(static_cast<int>(signal));
  return true;
}

bool handleNote(const std::vector<char *> &fields) {
  if (fields.size() != 2) return false;
  if (keeper.command.pid == 0) print(printable(fields[1]) + "\r\n");
  return true;
}

/// Handles a message: fields separated by NUL, of which the string's own terminator ends the last.
/// @returns false for a message that no manager sends.
bool handleMessage(std::string &payload) {
  std::vector<char *> fields;
  char *const end = payload.data() + payload.size();
  for (char *field = payload.data(); field <= end; field += strlen(field) + 1) fields.push_back(field);
  if (strcmp(fields[0], "start") == 0) return handleStart(fields);
  if (strcmp(fields[0], "signal") == 0) return handleSignal(fields);
  if (strcmp(fields[0], "note") == 0) return handleNote(fields);
  return false;
}

/// Handles each message that has arrived whole; @returns false when the connection must be closed.
bool handleInput(std::string &input) {
  while (input.size() >= kLengthBytes) {
    const auto *head = reinterpret_cast<const unsigned char *>(input.data());
    const size_t length =
        size_t{head[0]} << 24 | size_t{head[1]} << 16 | size_t{head[2]} << 8 | size_t{head[3]};
    if (length > kMaxMessageBytes) return false;
    if (input.size() < kLengthBytes + length) return true;
    std::string payload = input.substr(kLengthBytes, length);
    input.erase(0, kLengthBytes + length);
    if (!handleMessage(payload)) return false;
  }
  return true;
}

void readConnection(Connection &connection) {
  char bytes[16 << 10];
  const ssize_t count = recv(connection.fd, bytes, sizeof bytes, 0);
  if (count == -1 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return closeConnection(connection);
  connection.input.append(bytes, static_cast<size_t>(count));
  // A report of the new state may have closed this connection meanwhile.
  if (!handleInput(connection.input) && connection.fd != -1) closeConnection(connection);
}

bool isTrusted(int fd) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == -1) return false;
  return peer.uid == geteuid() || peer.uid == 0;
}

Connection *findFreeConnection() {
  for (Connection &connection : keeper.connections) {
    if (connection.fd == -1) return &connection;
  }
  return nullptr;
}

void acceptConnection() {
  const int fd = accept4(keeper.listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd == -1) return;
  Connection *const free = findFreeConnection();
  if (free == nullptr || !isTrusted(fd)) {
    close(fd);
    return;
  }
  free->fd = fd;
  sendState(*free);
}

// ---- life

[[noreturn]] void fail(const char *what) {
  fprintf(stderr, "triad: keeper: %s: %s\r\n", what, strerror(errno));
  exit(EXIT_FAILURE);
}

/// Closes what was inherited, so that none of it reaches the command; what is opened later closes at exec.
void closeInherited() {
  DIR *const directory = opendir("/proc/self/fd");
  if (directory == nullptr) fail("/proc/self/fd");
  std::vector<int> inherited;
  while (const dirent *entry = readdir(directory)) inherited.push_back(atoi(entry->d_name));
  closedir(directory);
  for (const int fd : inherited) {
    if (fd > STDERR_FILENO) close(fd);
  }
}

/// Whether the socket that we listen at is still there by its name.
bool isListening() {
  struct stat now = {};
  return keeper.listener != -1 && lstat(keeper.socketPath, &now) == 0 &&
         now.st_dev == keeper.socketFile.st_dev && now.st_ino == keeper.socketFile.st_ino;
}

/// Makes the socket, replacing one that is there; @returns false with errno set, and keeps the old listener.
bool listenAt(const char *path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return false;
  }
  strcpy(address.sun_path, path);
  struct stat file = {};
  if (lstat(path, &file) == 0 && S_ISSOCK(file.st_mode)) unlink(path);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const mode_t mask = umask(0177);
  const bool isBound = bind(listener, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
  umask(mask);
  if (!isBound || lstat(path, &file) == -1 || listen(listener, kMaxConnections) == -1) {
    const int error = errno;
    if (listener != -1) close(listener);
    errno = error;
    return false;
  }
  if (keeper.listener != -1) close(keeper.listener);
  keeper.listener = listener;
  keeper.socketPath = path;
  keeper.socketFile = file;
  return true;
}

/// Removes the socket, unless another keeper has already made its own at that path.
void stopListening() {
  if (isListening()) unlink(keeper.socketPath);
  if (keeper.listener != -1) close(keeper.listener);
  keeper.listener = -1;
}

/// Handles the end of the pane: nothing can be started here any more, and the command has to end.
void hangUp() {
  stopListening();
  close(keeper.terminal);
  keeper.terminal = -1;
  keeper.hungUpAt = millisecondsOf(CLOCK_MONOTONIC);
  reportState();
}

/// Sends the command the next signal when it is due, after the terminal hung up.
/// @returns milliseconds until the signal after it, or -1 when none is left.
int endCommand() {
  const int64_t elapsedMs = millisecondsOf(CLOCK_MONOTONIC) - keeper.hungUpAt;
  const int due = dueSignal(elapsedMs);
  if (due != keeper.lastSent) {
    signalCommand(due);
    signalCommand(SIGCONT);
    keeper.lastSent = due;
  }
  if (due == SIGKILL) return -1;
  return static_cast<int>((due == SIGTERM ? kKillAfterMs : kTermAfterMs) - elapsedMs);
}

/// Ignores what must not end the keeper, which lives as long as its terminal: signals from keys, from
/// tmux, or from a `pkill`. A service manager that stops tmux ends it through the terminal.
void takeSignals() {
  for (int signal : {SIGINT, SIGQUIT, SIGTSTP, SIGTTOU, SIGTTIN, SIGHUP, SIGPIPE, SIGTERM}) {
    ::signal(signal, SIG_IGN);
  }
  ::signal(SIGCHLD, SIG_DFL);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  sigaddset(&watched, SIGUSR1);
  sigprocmask(SIG_SETMASK, &watched, nullptr);
  keeper.signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
  if (keeper.signals == -1) fail("signalfd");
}

void takeTerminal() {
  // The terminal is opened anew, since O_NONBLOCK on descriptor 0 would be the command's, too (open(2)).
  keeper.terminal = open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (keeper.terminal == -1) fail("/dev/tty");
  if (tcgetattr(keeper.terminal, &keeper.modes) == -1) fail("tcgetattr");
  setForeground(getpgrp());
  idleTerminal();
}

void handleSignals() {
  signalfd_siginfo info;
  while (read(keeper.signals, &info, sizeof info) == sizeof info) {
    // A manager asks in this way for a socket that was deleted, as one asks tmux (tmux(1), -L).
    if (info.ssi_signo == SIGUSR1 && !isListening()) listenAt(keeper.socketPath);
  }
  watchCommand();
  reapOrphans();
}

void handleTerminal(short events) {
  if (events & (POLLHUP | POLLERR | POLLNVAL)) return hangUp();
  if (events & POLLOUT) flushTerminal();
  if (events & POLLIN && keeper.command.pid == 0) tcflush(keeper.terminal, TCIFLUSH);
}

short terminalEvents() {
  const int discarding = keeper.command.pid == 0 ? POLLIN : 0;
  const int printing = keeper.output.empty() ? 0 : POLLOUT;
  return static_cast<short>(discarding | printing);
}

/// Does what is due by now; @returns milliseconds until more is due, or -1 for never.
int nextWaitMs() {
  const int leftoversMs = endLeftovers();
  const int commandMs = keeper.terminal == -1 ? endCommand() : -1;
  if (leftoversMs == -1 || commandMs == -1) return leftoversMs == -1 ? commandMs : leftoversMs;
  return leftoversMs < commandMs ? leftoversMs : commandMs;
}

/// Waits for something to happen and handles it.
void runOnce(int waitMs) {
  constexpr size_t kFixed = 3;
  pollfd polled[kFixed + kMaxConnections] = {{keeper.signals, POLLIN, 0},
                                             {keeper.terminal, terminalEvents(), 0},
                                             {keeper.listener, POLLIN, 0}};
  for (size_t i = 0; i < kMaxConnections; i++) {
    const Connection &connection = keeper.connections[i];
    const int sending = connection.output.empty() ? 0 : POLLOUT;
    polled[kFixed + i] = {connection.fd, static_cast<short>(POLLIN | sending), 0};
  }
  if (poll(polled, kFixed + kMaxConnections, waitMs) <= 0) return;
  // These are read first, before a new connection may reuse the slot of one that is closed here.
  for (size_t i = 0; i < kMaxConnections; i++) {
    Connection &connection = keeper.connections[i];
    const short events = polled[kFixed + i].revents;
    if (events & POLLOUT) flushConnection(connection);
    if (events & ~POLLOUT && connection.fd != -1) readConnection(connection);
  }
  // A hang-up is handled before the end of the command, which it may have caused.
  if (polled[1].revents) handleTerminal(polled[1].revents);
  if (polled[0].revents) handleSignals();
  if (polled[2].revents && keeper.listener != -1) acceptConnection();
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: keeper SOCKET_PATH NAME\r\n");
    return 64;
  }
  keeper.name = argv[2];
  // Commands of a killed keeper are found by this: it names their terminal session (runs.ts).
  setenv("TRIAD_KEEPER", std::to_string(getpid()).c_str(), 1);
  closeInherited();
  takeSignals();
  takeTerminal();
  if (!listenAt(argv[1])) fail(argv[1]);
  int waitMs = -1;
  do {
    runOnce(waitMs);
    waitMs = nextWaitMs();
  } while (keeper.terminal != -1 || keeper.command.pid != 0 || !keeper.leftovers.empty());
  stopListening();
  return EXIT_SUCCESS;
}
