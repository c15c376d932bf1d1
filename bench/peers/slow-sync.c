// Runs a program, and all that it starts, as if each sync of the disk took longer: `slow-sync MS PROGRAM ARGS...`.
// The kernel hands each fsync and fdatasync to us before it is done; MS milliseconds later it is. So programs are met that
// are linked statically, which a preloaded library would miss. Calls that come at the same time wait at the same time.
// Ends as the program ends, and prints on stderr how many syncs it has made.

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// So many syncs may wait at once; one more waits until the first of them is done.
#define ROOM 1024

static struct { __u64 id; struct timespec due; } waiting[ROOM];
static unsigned long taken, done;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int listener;
static long delay_ns;
static pid_t program;

static void fail(const char *what) {
  perror(what);
  exit(70);
}

// All wait equally long, so who came first is due first.
_Noreturn static void *let_go(void *unused) {
  (void)unused;
  for (;;) {
    pthread_mutex_lock(&lock);
    while (taken == done) pthread_cond_wait(&changed, &lock);
    __u64 id = waiting[done % ROOM].id;
    struct timespec due = waiting[done % ROOM].due;
    pthread_mutex_unlock(&lock);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) {}
    struct seccomp_notif_resp go = { .id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
    // Who asked may be gone by now: then there is nobody to let go.
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &go);
    pthread_mutex_lock(&lock);
    done++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
  }
}

static void *take(void *unused) {
  (void)unused;
  for (;;) {
    struct seccomp_notif asked = { 0 };
    // EINTR: who asked was killed; ENOENT likewise. Anything else: nobody is left.
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
      if (errno == EINTR || errno == ENOENT) continue;
      return NULL;
    }
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    due.tv_nsec += delay_ns;
    due.tv_sec += due.tv_nsec / 1000000000;
    due.tv_nsec %= 1000000000;
    pthread_mutex_lock(&lock);
    while (taken - done == ROOM) pthread_cond_wait(&changed, &lock);
    waiting[taken % ROOM].id = asked.id;
    waiting[taken % ROOM].due = due;
    taken++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
  }
}

static int filtered(void) {
  struct sock_filter rules[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fdatasync, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fsync, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = { .len = sizeof rules / sizeof *rules, .filter = rules };
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
  int fd = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
  if (fd < 0) fail("seccomp");
  return fd;
}

// What the filter gives its process is sent to the one that answers.
static void hand_over(int socket, int *fd, int is_sender) {
  char byte = 0, room[CMSG_SPACE(sizeof(int))] = { 0 };
  struct iovec text = { .iov_base = &byte, .iov_len = 1 };
  struct msghdr message = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (is_sender) {
    *header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) };
    *(int *)CMSG_DATA(header) = *fd;
    if (sendmsg(socket, &message, 0) != 1) fail("sendmsg");
  } else {
    if (recvmsg(socket, &message, 0) != 1) fail("the program was not started");
    header = CMSG_FIRSTHDR(&message);
    if (header == NULL) fail("recvmsg");
    *fd = *(int *)CMSG_DATA(header);
  }
}

static void pass_on(int signal) {
  kill(program, signal);
}

int main(int count, char **words) {
  delay_ns = count < 3 ? 0 : atof(words[1]) * 1e6;
  if (delay_ns <= 0 || delay_ns >= 1000000000) {
    fprintf(stderr, "slow-sync MS PROGRAM ARGS...: MS is more than 0 and less than 1000\n");
    return 2;
  }
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
  program = fork();
  if (program == 0) {
    int fd = filtered();
    hand_over(ends[1], &fd, 1);
    close(fd);
    execvp(words[2], words + 2);
    fail(words[2]);
  }
  close(ends[1]);
  hand_over(ends[0], &listener, 0);
  signal(SIGTERM, pass_on);
  signal(SIGINT, pass_on);
  pthread_t threads[2];
  pthread_create(&threads[0], NULL, take, NULL);
  pthread_create(&threads[1], NULL, let_go, NULL);
  int status;
  while (waitpid(program, &status, 0) < 0) if (errno != EINTR) fail("waitpid");
  fprintf(stderr, "slow-sync: %lu syncs\n", taken);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
