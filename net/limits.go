package netcfg

import "mote/wire"

// The bounds of what is wanted, known and in flight.
const (
	// wantsMax is the manifest's links and one of the word ip=.
	wantsMax = wire.LinksMax + 1
	// linksMax bounds the links that are remembered: the wanted ones, and the
	// candidates for "the first". Others are passed over, so that a thousand
	// containers' links cost nothing.
	linksMax = 64
	// addressesMax bounds the addresses that are remembered: wanted, or ours.
	addressesMax = 128
	// routesMax bounds the default routes that are remembered.
	routesMax = 32
	// OpsMax bounds what one Decide can ask for: for each want its steps, a packet
	// and its sockets; the loopback, an address and a route to tidy up, an address that
	// comes back, resolv.conf, and a name.
	OpsMax = wantsMax*(int(stepsCount)+1+socketSlots) + 6
	// PacketSocketsMax bounds the sockets of clients: each want's have two places.
	PacketSocketsMax = wantsMax * socketSlots
	// namingTriesMax is how often a card is tried to be named before it is used as it is.
	namingTriesMax = 3
	// flightsMax bounds the requests to rtnetlink without an answer yet.
	flightsMax = wantsMax*int(stepsCount) + 5
	// failuresMax bounds the failures that wait to be logged; older ones go.
	failuresMax = 16
	// newsMax bounds what became of leases and waits to be logged.
	newsMax = 8

	// leaseRoutesMax bounds the routes of a lease, leaseServersMax its name and its
	// time servers, leaseTextSizeMax a name (RFC 1035 section 2.3.4) and
	// searchSizeMax a search list; what a server sends past them is left out.
	leaseRoutesMax   = 16
	leaseServersMax  = 4
	leaseTextSizeMax = 253
	searchSizeMax    = 255
	// resolvServersMax and resolvSearchMax (bytes) are what programs read of
	// resolv.conf, MAXNS and the longest search list of resolv.conf(5).
	resolvServersMax = 3
	resolvSearchMax  = 256
	// ResolvSizeMax bounds the file: lines of at most 67 bytes, the search list.
	ResolvSizeMax = resolvServersMax*len("nameserver fe80:1111:2222:3333:4444:5555:6666:7777%fifteen-letters\n") +
		len("search\n") + resolvSearchMax
	// dnsNameSizeMax bounds a name with its dots, in bytes.
	dnsNameSizeMax = 255
	// optionSizeMax bounds an option that came in parts, in bytes: routes and
	// search lists past it are cut, and then malformed.
	optionSizeMax = 512
	// dhcpAnswerSizeMax is what we let a server send, in bytes: what one frame
	// takes (1,500 less the heads of IP and UDP).
	dhcpAnswerSizeMax = 1472
	// bootpSizeMin is RFC 1542's least, dhcpSizeMax our most: all options, and a
	// host name of 63 bytes.
	bootpSizeMin = 300
	dhcpSizeMax  = 400

	// advertNamesMax bounds the name servers and search lists of a link, lostMax the
	// advertised addresses that were taken away and are not back yet; what is past them
	// comes with another advertisement.
	advertNamesMax = 6
	lostMax        = 8
	// advertSecMax is the longest time for which an address comes back, 30 days: the
	// next advertisement tells the kernel again.
	advertSecMax = 30 * 86400
	// advertGuardNsec before its end an address does not come back any more: the
	// kernel rounds, and may take it away early.
	advertGuardNsec = 3 * nsecPerSec
	// foreverNsec is an end that does not come.
	foreverNsec = 1<<63 - 1
	// staticMetric6 is the metric of the manifest's IPv6 default route: before those
	// of advertisements, 1,024.
	staticMetric6 = 512

	// clockServersMax bounds the servers of time, clockSamplesMax the answers of each
	// that are weighed (RFC 5905 section 10).
	clockServersMax = wire.TimeServersMax
	clockSamplesMax = 8
	// clockBurst requests come 2 s apart; then 64 s, doubled up to 1,024 s (powers of 2 s).
	clockBurst     = 4
	clockPollFirst = 1
	clockPollMin   = 6
	clockPollMax   = 10
	// stepNsec is the most that is slewed, RFC 5905's STEPT. The kernel slews by 500 µs a
	// second at most, so that takes some minutes. clockFoundMin steps in a row are one.
	stepNsec      = 128 * nsecPerMsec
	clockFoundMin = 3
	// clockDistanceMax is the most that a server may be away from its source, MAXDIST;
	// clockPrecision how exactly the loop knows when a packet came; clockDrift a sample
	// gets worse by, one part in 66,666 (PHI, 15 ppm).
	clockDistanceMax = nsecPerSec
	clockPrecision   = nsecPerMsec
	clockDrift       = 66_666
	// clockJumpNsec is by how much the clock may have been set between a request and its
	// answer: what slewing does in the time, and no more.
	clockJumpNsec = 20 * nsecPerMsec

	// writesMax bounds the retries of a call that a signal interrupted.
	writesMax = 8

	// MessageSizeMax bounds what we send, in bytes: a DHCP message in its datagram
	// (rtnetlink needs less: a head, a body, 5 attributes).
	MessageSizeMax = ipHeadSize + udpHeadSize + dhcpSizeMax
	// ReceiveSize is the buffer that the kernel's dumps want, in bytes: it fills
	// up to 32 KiB a message where the reader offers as much.
	ReceiveSize = 32 << 10
	// socketReceiveSize asks the kernel for room in bytes; what is lost past it
	// costs a resync.
	socketReceiveSize = 1 << 20

	// nsecPerMsec and nsecPerSec make the figures below nanoseconds.
	nsecPerMsec = 1_000_000
	nsecPerSec  = 1_000_000_000
	// retryMinNsec is the wait before the second try, doubled by each further one
	// up to retryMaxNsec. It also is the wait for the kernel's own word of what
	// was done, and paces a fight over an address.
	retryMinNsec = 100 * nsecPerMsec
	retryMaxNsec = 30_000 * nsecPerMsec
	// answerNsec bounds the wait for an answer, slowNsec that for a worker's.
	answerNsec = 5_000 * nsecPerMsec
	slowNsec   = 35_000 * nsecPerMsec

	// retransmitNsec is the wait for an answer to the first request, RFC 2131
	// section 4.1: 4, 8, 16, 32, 64 s. verifyNsec is shorter, as a server that does
	// not know us has to be silent: a node in a new network has to ask anew soon.
	retransmitNsec = 4 * nsecPerSec
	verifyNsec     = 2 * nsecPerSec
	// requestTriesMax requests of an offered address, and verifyTriesMax of one of
	// before; then it begins anew.
	requestTriesMax = 3
	verifyTriesMax  = 2
	// stickyNsec is how long the server of the last lease is waited for while
	// another one offers.
	stickyNsec = nsecPerSec
	// flapNsec is the least time between two beginnings because of a carrier.
	flapNsec = 2 * nsecPerSec
	// refusedMinNsec is the wait after a second NAK in a row, doubled up to
	// refusedMaxNsec; declineNsec that after a conflict, RFC 2131 section 3.1(5).
	refusedMinNsec = nsecPerSec
	refusedMaxNsec = 64 * nsecPerSec
	declineNsec    = 10 * nsecPerSec
	// renewMinNsec is the least time between two requests for more time, RFC 2131
	// section 4.4.5; renewFuzzNsec the most by which the first comes early.
	renewMinNsec  = 60 * nsecPerSec
	renewFuzzNsec = 30 * nsecPerSec
	// leaseSecMin is the shortest lease that is taken: a shorter one could end
	// before a lost packet is sent again. leaseGuardNsec before its end it is given
	// up, so that it never is used past it; leaseSlackNsec is by how much the kernel,
	// which counts in whole seconds, may differ.
	leaseSecMin    = 10
	leaseGuardNsec = nsecPerSec
	leaseSlackNsec = 3 * nsecPerSec
	// leaseMetricMin is the metric of the first link's leased routes: behind those
	// of the manifest, which have none.
	leaseMetricMin = 1024
	// leaseMTUMin is the smallest MTU that is taken from a server: below it IPv6
	// would be turned off (RFC 8200 section 5).
	leaseMTUMin = 1280
	// Of RFC 5227 section 1.1: PROBE_NUM, ANNOUNCE_NUM, ANNOUNCE_INTERVAL.
	probesMax    = 3
	announcesMax = 2
	announceNsec = 2 * nsecPerSec
	// stepsInTurnMax bounds the states that a client goes through in one Decide.
	stepsInTurnMax = 4
)

// A client's kept routes are bits of a uint32.
const _ = uint(32 - leaseRoutesMax)

// A name and its length's byte.
const _ = uint(255 - leaseTextSizeMax)
