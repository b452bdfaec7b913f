package netcfg

import "golang.org/x/sys/unix"

// OpenClock opens the socket of the clock's requests: one for all servers, of IPv6 and
// of IPv4 within it, at a port of the kernel's choice. On an errno there is none.
func OpenClock(sys Sys) (fd int, errno unix.Errno) {
	return sys.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_UDP)
}

// AskTime sends the request that Ask gave. What can't be sent counts as lost.
func AskTime(sys Sys, fd int, to [16]byte, request []byte) unix.Errno {
	return sys.SendUDP6(fd, to, portNTP, request)
}

// TimeServers gives the servers of time that leases name, at most as many as there is
// room for, as Clock.Serve takes them.
func (n *Net) TimeServers(list [][16]byte) [][16]byte {
	for i := range n.wantsCount {
		l := n.leaseOn(i)
		for k := 0; l != nil && k < int(l.ntp.count) && len(list) < clockServersMax; k++ {
			if a := l.ntp.list[k]; unicast(a) {
				list = append(list, [16]byte{10: 0xff, 11: 0xff, 12: a[0], 13: a[1], 14: a[2], 15: a[3]})
			}
		}
	}
	return list
}
