package hw

// The bounds of what hardware and kernel may say to us.
const (
	// UeventSizeMax bounds a uevent in bytes. The kernel's own buffer is 2 KiB
	// (UEVENT_BUFFER_SIZE) behind a path of at most 4 KiB; longer is not from it.
	UeventSizeMax = 8 << 10
	// ueventKeysMax is the kernel's UEVENT_NUM_ENVP.
	ueventKeysMax = 64
	// ueventReceiveSize asks the kernel for room, in bytes, for the cold plug of
	// a large machine (some thousand events) while the loop is elsewhere. What
	// does not fit costs a rescan, nothing else.
	ueventReceiveSize = 2 << 20

	// PowerButtonsMax bounds the buttons that are watched: a laptop has two.
	PowerButtonsMax = 8
	// entriesMax bounds the entries looked at in a folder of sysfs: input devices,
	// disks, records of a panic. Reading 4 KiB of them counts as one.
	entriesMax = 512
	// sysfsSizeMax is a sysfs attribute's: one page.
	sysfsSizeMax = 4096
	// CrashRecordsMax records of a panic are read in one boot: a log of 10 KiB in
	// pieces of an EFI variable's 1 KiB, three times. More are left to the next.
	CrashRecordsMax = 32
	// crashNameMax bytes of a record's name: "dmesg-efi_pstore-" and 20 digits.
	crashNameMax = 64
	// crashHeadMax bytes have the first line of a record.
	crashHeadMax = 64
	// interruptsMax bounds the retries of a call that a signal interrupted.
	interruptsMax = 8
)
