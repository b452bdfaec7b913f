package fs

// What stands where on a disk of Mote's, by name: for whoever makes it, starts from
// it, and examines it.
const (
	// ESPLabel is the boot partition's; SlotALabel and SlotBLabel are the roots'.
	ESPLabel   = "mote-esp"
	SlotALabel = "mote-root-a"
	SlotBLabel = "mote-root-b"
	// StateLabel is that of the partition with the state area.
	StateLabel = "mote-state"
	// EntryFolder has the kernels of both slots, under names that begin with
	// EntryPrefix and the slot's letter.
	EntryFolder = "/EFI/Linux"
	EntryPrefix = "mote-"
	// LoaderPath is the path that firmware takes when it was told of none, or forgot.
	LoaderPath = "/EFI/BOOT/BOOTX64.EFI"
	// LoaderConfPath has the loader's settings, which begin with LoaderConf: no menu,
	// no waiting, no editor, no entries but ours.
	LoaderConfPath = "/loader/loader.conf"
	LoaderConf     = "timeout 0\neditor no\nauto-firmware no\nconsole-mode keep\n"
	// HeadFolder has the signed header of the release in each slot, "a" and "b".
	HeadFolder = "/mote/"
	// KeyWordName is the kernel's word with the key that releases are signed with, in
	// hexadecimal.
	KeyWordName = "mote.key="
	// StateWordName is the word with the device of the state area.
	StateWordName = "mote.state="
	// CounterWordName is the word with the image's security counter, in decimal.
	CounterWordName = "mote.counter="
	// RootBlock is the block device of the root under verity: the first and only one
	// that the kernel's words make (dm-mod.create=).
	RootBlock = "dm-0"
)
