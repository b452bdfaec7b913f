package hw

// Who sent a netlink message. Root in any network namespace can send to the
// uevent group, or straight to our port; only the kernel has port 0 and can
// claim process 0, netlink(7) and unix(7).

// Sender is what recvmsg(2) tells about a message's origin.
type Sender struct {
	// PortID is sockaddr_nl's nl_pid, Groups its nl_groups.
	PortID, Groups uint32
	// PID and UID are of SCM_CREDENTIALS, where HasCredentials says so.
	PID, UID       uint32
	HasCredentials bool
	// Truncated tells that the message did not fit the buffer (MSG_TRUNC).
	Truncated bool
}

// ueventGroup is the kernel's multicast group, as a mask; group 2 is udevd's.
const ueventGroup = 1

// Kernel tells whether the message is a uevent of the kernel's own.
func (s *Sender) Kernel() bool {
	return s.PortID == 0 && s.Groups == ueventGroup &&
		s.HasCredentials && s.PID == 0 && s.UID == 0
}
