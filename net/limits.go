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
	addressesMax = 64
	// routesMax bounds the default routes that are remembered.
	routesMax = 32
	// OpsMax bounds what one Decide can ask for: three steps a want, the loopback
	// and one thing to tidy up.
	OpsMax = wantsMax*int(stepsCount) + 2
	// flightsMax bounds the requests without an answer yet.
	flightsMax = OpsMax
	// failuresMax bounds the failures that wait to be logged; older ones go.
	failuresMax = 16

	// writesMax bounds the retries of a call that a signal interrupted.
	writesMax = 8

	// MessageSizeMax bounds what we send, in bytes: a head, a body, 4 attributes.
	MessageSizeMax = 128
	// ReceiveSize is the buffer that the kernel's dumps want, in bytes: it fills
	// up to 32 KiB a message where the reader offers as much.
	ReceiveSize = 32 << 10
	// socketReceiveSize asks the kernel for room in bytes; what is lost past it
	// costs a resync.
	socketReceiveSize = 1 << 20

	// nsecPerMsec makes the figures below nanoseconds.
	nsecPerMsec = 1_000_000
	// retryMinNsec is the wait before the second try, doubled by each further one
	// up to retryMaxNsec. It also is the wait for the kernel's own word of what
	// was done, and paces a fight over an address.
	retryMinNsec = 100 * nsecPerMsec
	retryMaxNsec = 30_000 * nsecPerMsec
	// answerNsec bounds the wait for an answer, slowNsec that for a worker's.
	answerNsec = 5_000 * nsecPerMsec
	slowNsec   = 35_000 * nsecPerMsec
)
