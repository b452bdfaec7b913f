/* The floor of the comparison: the least that a process 1 for the same job can
 * be. It mounts, gives eth0 its address and route, starts three services,
 * starts them again when they die, and reaps whatever else dies. It has no
 * configuration, no log, no limits, and nothing to ask it. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *names[3] = {"first", "second", "last"};
static pid_t pids[3];

static void start(int i)
{
	char *argv[] = {"service", (char *)names[i], 0};
	char *envp[] = {0};
	pid_t pid = vfork();
	if (pid == 0) {
		execve("/bin/service", argv, envp);
		_exit(127);
	}
	pids[i] = pid;
}

static void address(struct sockaddr *to, const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	inet_pton(AF_INET, text, &in.sin_addr);
	memcpy(to, &in, sizeof in);
}

static void network(void)
{
	struct ifreq r = {0};
	struct rtentry route = {0};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strcpy(r.ifr_name, "lo");
	r.ifr_flags = IFF_UP;
	ioctl(s, SIOCSIFFLAGS, &r);
	strcpy(r.ifr_name, "eth0");
	ioctl(s, SIOCSIFFLAGS, &r);
	address(&r.ifr_addr, "10.0.2.15");
	ioctl(s, SIOCSIFADDR, &r);
	address(&r.ifr_netmask, "255.255.255.0");
	ioctl(s, SIOCSIFNETMASK, &r);
	address(&route.rt_dst, "0.0.0.0");
	address(&route.rt_genmask, "0.0.0.0");
	address(&route.rt_gateway, "10.0.2.2");
	route.rt_flags = RTF_UP | RTF_GATEWAY;
	ioctl(s, SIOCADDRT, &route);
	close(s);
}

int main(void)
{
	mount("proc", "/proc", "proc", 0, 0);
	mount("sysfs", "/sys", "sysfs", 0, 0);
	mount("devtmpfs", "/dev", "devtmpfs", 0, 0);
	mount("tmpfs", "/run", "tmpfs", 0, 0);
	mount("tmpfs", "/tmp", "tmpfs", 0, 0);
	mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, 0);
	network();
	for (int i = 0; i < 3; i++)
		start(i);
	for (;;) {
		pid_t pid = wait(0);
		for (int i = 0; i < 3; i++)
			if (pid == pids[i])
				start(i);
	}
}
