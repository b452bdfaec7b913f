package wire

// The bounds of everything that is said between rooms and machines. What goes
// past one of them is refused with the offset or the field; it is never cut.
const (
	// FrameSizeMax bounds a control frame's payload, in bytes: large enough for
	// the status of every service at once, small enough for a fixed buffer.
	FrameSizeMax = 64 << 10
	// RequestSizeMax bounds a request's payload: PID 1 has room for one a peer, a piece
	// of an envelope among them, with its caller.
	RequestSizeMax = PieceSizeMax + 252
	// FrameHeadSize is the length in front of a frame, in bytes.
	FrameHeadSize = 4

	// ManifestSizeMax bounds an encoded manifest in bytes: 64 services with all
	// their arguments full are never meant, 256 KiB holds any sane set.
	ManifestSizeMax = 256 << 10

	// ServicesMax is one bit each in a uint64, which the dependency check uses.
	ServicesMax = 64
	// UsersMax allows each service a user of its own.
	UsersMax = ServicesMax
	// LinksMax is more than the ports of any machine this is for.
	LinksMax = 16

	// TimeServersMax is one more than what outvotes two that lie.
	TimeServersMax = 5

	// PieceSizeMax bounds a piece of an envelope on its way to PID 1, which has room
	// for one a peer; bytes.
	PieceSizeMax = 4 << 10
	// AccessMax bounds the operators' keys; each is compared with one that signed.
	AccessMax = 16

	// ServiceNameSizeMax keeps "name.stage" marks short; bytes.
	ServiceNameSizeMax = 31
	// NodeNameSizeMax is the longest DNS label, RFC 1123 section 2.1; bytes.
	NodeNameSizeMax = 63
	// UserNameSizeMax is useradd(8)'s; bytes.
	UserNameSizeMax = 31
	// LinkNameSizeMax is IFNAMSIZ less the NUL; bytes.
	LinkNameSizeMax = 15
	// MatchMax lines of MatchSizeMax bytes in all are more than a card is told apart by.
	MatchMax     = 8
	MatchSizeMax = 512
	// DiskNameSizeMax is the kernel's DISK_NAME_LEN less the NUL; bytes.
	DiskNameSizeMax = 31
	// StateDeviceSizeMax bounds the name of the state area's device: a GPT label of
	// 36 characters with what stands before it; bytes.
	StateDeviceSizeMax = 63
	// PathSizeMax bounds paths other than a socket's; bytes.
	PathSizeMax = 1023
	// SocketPathSizeMax is sun_path of unix(7) less the NUL; bytes.
	SocketPathSizeMax = 107

	// ArgvSizeMax bounds a service's arguments with a NUL each, and EnvSizeMax
	// its environment: both travel to the shim in one message. Bytes.
	ArgvSizeMax = 16 << 10
	EnvSizeMax  = 16 << 10
	// ArgvMax and EnvMax are counts of strings.
	ArgvMax = 256
	EnvMax  = 256

	// CapsMax is every capability there is.
	CapsMax = 41
	// RlimitsMax is every resource of setrlimit(2).
	RlimitsMax = 16
	// NeedsMax bounds what one service waits for.
	NeedsMax = 16
	// HeldPortsMax services may have PID 1 listen for them: the gate, and a few.
	HeldPortsMax = 4
	// IOLimitsMax bounds the disks one service is held back on.
	IOLimitsMax = 8

	// DevicesMax, WritableMax, FilesMax, ReadsMax and PortsMax bound what one
	// service is given of the node: a system call or a few each at its start.
	DevicesMax  = 16
	WritableMax = 16
	FilesMax    = 16
	ReadsMax    = 16
	PortsMax    = 16
	// DeviceNameSizeMax bounds a name below /dev, "bus/usb/001/002"; bytes.
	DeviceNameSizeMax = 31
	// ViewPathSizeMax bounds a path among them, ReadsSizeMax all of "reads"; bytes.
	ViewPathSizeMax = 255
	ReadsSizeMax    = 2 << 10
	// FileSizeMax bounds a file's content: configurations, not data. FilesSizeMax
	// bounds those of one service together, which its start has in memory. Bytes.
	FileSizeMax  = 16 << 10
	FilesSizeMax = 32 << 10

	// WaitMsecMax bounds each of a service's waits: an hour.
	WaitMsecMax = 3_600_000
	// EveryMsecMin and EveryMsecMax bound the time between two runs of a one-shot: a
	// second, below which it is a daemon, and 31 days.
	EveryMsecMin, EveryMsecMax = 1000, 31 * 24 * 3_600_000
	// WindowMsecMax bounds the window of a restart budget: a day.
	WindowMsecMax = 24 * 3_600_000
	// RestartsMaxMax bounds the budget itself: a ring of this many times.
	RestartsMaxMax = 1_000
	// CPUWeightMax is cgroup v2's.
	CPUWeightMax = 10_000
	// CPUQuotaUsecMin and CPUPeriodUsecMax are the kernel's bounds of cpu.max.
	CPUQuotaUsecMin  = 1_000
	CPUPeriodUsecMax = 1_000_000
	// PidsMaxMax is the kernel's PID_MAX_LIMIT on 64-bit machines.
	PidsMaxMax = 4 << 20
	// SignalsMax is the highest signal number.
	SignalsMax = 64

	// MarksMax bounds the marks of a timeline reply.
	MarksMax = 512
	// LogRecordsMax bounds the records of one log reply.
	LogRecordsMax = 1_024
	// LogTextSizeMax bounds one record's text in bytes.
	LogTextSizeMax = 4 << 10
	// LogRecordOverheadMax is what a record costs beside its text, in bytes: a
	// map head, three keys, an 8-byte time, a stream and the text's head.
	LogRecordOverheadMax = 1 + 3 + 9 + 1 + 3
	// SourcesMax bounds the event sources of a loop reply.
	SourcesMax = 256
	// BucketsMax bounds a histogram: a power of two each.
	BucketsMax = 64
	// WordSizeMax bounds a state's or reason's name; bytes.
	WordSizeMax = 63
	// TextSizeMax bounds a sentence in a reply; bytes.
	TextSizeMax = 255

	// skipDepthMax bounds the nesting of an item that is passed over.
	skipDepthMax = 8
	// mapKeyMax bounds a map's keys: one or two bytes each, as is their count.
	mapKeyMax = 254
)

// A status of full services must fit a frame: three words and a sentence each,
// and at most 64 bytes of numbers and keys; and the node's own words with four
// sentences of the state area and the manifest. The build fails here if it does not.
const _ = uint(FrameSizeMax - ServicesMax*(ServiceNameSizeMax+2*WordSizeMax+TextSizeMax+64) - 2048)

// A service is one bit of a uint64.
const _ = uint(64 - ServicesMax)
