// Package inventory has the records of what hardware a node has. They are facts,
// with the unit in the name and where they were read; nothing is judged here.
//
// A record that could not be read whole has what could be, and the rest is among
// the inventory's errors.
package inventory

// Version is of this form; a reader refuses a higher one.
const Version = 1

// Inventory is all that is known of a node's hardware at one time.
type Inventory struct {
	Version int `json:"version"`
	// TakenBootNsec is CLOCK_BOOTTIME when the last record was read.
	TakenBootNsec int64      `json:"taken_boottime_ns"`
	Machine       Machine    `json:"machine"`
	CPU           CPU        `json:"cpu"`
	Memory        Memory     `json:"memory"`
	Links         []Link     `json:"links"`
	Disks         []Disk     `json:"disks"`
	NVMe          []NVMe     `json:"nvme"`
	TPMs          []TPM      `json:"tpm"`
	Watchdogs     []Watchdog `json:"watchdogs"`
	Sensors       []Sensor   `json:"sensors"`
	Clocks        []Clock    `json:"clocks"`
	Time          Time       `json:"time"`
	Firmware      Firmware   `json:"firmware"`
	PCI           []PCI      `json:"pci"`
	USB           []USB      `json:"usb"`
	// Errors are what could not be read; the records around it are whole.
	Errors []Error `json:"errors"`
}

// Seen says where a record is from, and when it was read last.
type Seen struct {
	Source   string `json:"source"`
	BootNsec int64  `json:"seen_boottime_ns"`
}

// Error is what could not be read, and why.
type Error struct {
	Source string `json:"source"`
	What   string `json:"what"`
}

// Machine is what SMBIOS says of the whole: strings are the maker's.
type Machine struct {
	Seen
	Manufacturer string   `json:"manufacturer"`
	Product      string   `json:"product"`
	Serial       string   `json:"serial"`
	UUID         string   `json:"uuid"`
	Board        string   `json:"board"`
	BoardSerial  string   `json:"board_serial"`
	BIOSVendor   string   `json:"bios_vendor"`
	BIOSVersion  string   `json:"bios_version"`
	BIOSDate     string   `json:"bios_date"`
	OEMStrings   []string `json:"oem_strings,omitempty"`
}

// CPU is the processors, which are taken for alike.
type CPU struct {
	Seen
	Model     string `json:"model"`
	Vendor    string `json:"vendor"`
	Threads   int    `json:"threads"`
	Cores     int    `json:"cores"`
	Sockets   int    `json:"sockets"`
	Microcode string `json:"microcode"`
	// Flags are the kernel's names of features.
	Flags []string `json:"flags"`
	// Mitigations are the kernel's words on each known weakness.
	Mitigations map[string]string `json:"mitigations"`
}

// Memory is what the kernel has, and the modules by SMBIOS.
type Memory struct {
	Seen
	TotalBytes uint64 `json:"total_bytes"`
	DIMMs      []DIMM `json:"dimms"`
}

// DIMM is a memory module, or an empty place (SizeBytes 0).
type DIMM struct {
	Locator        string `json:"locator"`
	Kind           string `json:"kind"`
	Manufacturer   string `json:"manufacturer"`
	Part           string `json:"part"`
	Serial         string `json:"serial"`
	SizeBytes      uint64 `json:"size_bytes"`
	SpeedMTps      uint32 `json:"speed_mtps"`
	ConfiguredMTps uint32 `json:"configured_mtps"`
	// ECC: it is wider than its data.
	ECC bool `json:"ecc"`
}

// Link is a network interface that has a device.
type Link struct {
	Seen
	Name         string `json:"name"`
	Index        int    `json:"index"`
	Driver       string `json:"driver"`
	Device       string `json:"device"` // its bus address
	MAC          string `json:"mac"`
	PermanentMAC string `json:"permanent_mac"`
	MTU          int    `json:"mtu"`
	Up           bool   `json:"up"`
	Carrier      bool   `json:"carrier"`
	// SpeedMbps is 0 and Duplex empty where unknown.
	SpeedMbps uint32   `json:"speed_mbps"`
	Duplex    string   `json:"duplex"`
	Queues    Queues   `json:"queues"`
	Offloads  []string `json:"offloads"` // that are on, by the kernel's names
	Addresses []string `json:"addresses"`
	// Statistics are the kernel's counters by its own names.
	Statistics map[string]uint64 `json:"statistics"`
}

// Queues are the channels in use; Combined ones do both ways.
type Queues struct {
	Receive  uint32 `json:"receive"`
	Transmit uint32 `json:"transmit"`
	Combined uint32 `json:"combined"`
}

// Disk is a block device as a whole: no partition, loop or mapping.
type Disk struct {
	Seen
	Name string `json:"name"`
	// Transport is nvme, ata, usb, virtio, mmc, scsi or other.
	Transport string `json:"transport"`
	Device    string `json:"device"`
	Model     string `json:"model"`
	Serial    string `json:"serial"`
	WWID      string `json:"wwid"`
	// NamespaceID is an NVMe namespace's, 0 for any other disk.
	NamespaceID        uint32      `json:"namespace_id"`
	SizeBytes          uint64      `json:"size_bytes"`
	LogicalBlockBytes  uint32      `json:"logical_block_bytes"`
	PhysicalBlockBytes uint32      `json:"physical_block_bytes"`
	Removable          bool        `json:"removable"`
	ReadOnly           bool        `json:"read_only"`
	Rotational         bool        `json:"rotational"`
	WriteCache         string      `json:"write_cache"` // the kernel's word
	Partitions         []Partition `json:"partitions"`
}

// Partition is a part of a disk.
type Partition struct {
	Name       string `json:"name"`
	Label      string `json:"label"`
	StartBytes uint64 `json:"start_bytes"`
	SizeBytes  uint64 `json:"size_bytes"`
}

// NVMe is a controller.
type NVMe struct {
	Seen
	Name            string      `json:"name"`
	Device          string      `json:"device"`
	Model           string      `json:"model"`
	Serial          string      `json:"serial"`
	Firmware        string      `json:"firmware"`
	NVMeVersion     string      `json:"nvme_version"`
	NQN             string      `json:"nqn"`
	CapacityBytes   uint64      `json:"capacity_bytes"`
	FirmwareSlots   []string    `json:"firmware_slots"`
	FirmwareActive  int         `json:"firmware_active_slot"`
	CanFormat       bool        `json:"can_format"`
	CanSanitize     bool        `json:"can_sanitize"`
	CanSelfTest     bool        `json:"can_self_test"`
	WriteCache      bool        `json:"volatile_write_cache"`
	Namespaces      []Namespace `json:"namespaces"`
	Health          *NVMeHealth `json:"health"` // absent where it could not be read
	ErrorLogEntries int         `json:"error_log_entries"`
}

// Namespace is an active one.
type Namespace struct {
	ID         uint32 `json:"id"`
	SizeBytes  uint64 `json:"size_bytes"`
	UsedBytes  uint64 `json:"used_bytes"`
	BlockBytes uint32 `json:"block_bytes"`
	NGUID      string `json:"nguid"`
	EUI64      string `json:"eui64"`
}

// NVMeHealth is of the controller's whole life.
type NVMeHealth struct {
	Warnings              []string `json:"warnings"`
	Celsius               int      `json:"celsius"`
	WarningCelsius        int      `json:"warning_celsius"`
	CriticalCelsius       int      `json:"critical_celsius"`
	SparePercent          uint8    `json:"spare_percent"`
	SpareThresholdPercent uint8    `json:"spare_threshold_percent"`
	UsedPercent           uint8    `json:"used_percent"`
	ReadBytes             uint64   `json:"read_bytes"`
	WrittenBytes          uint64   `json:"written_bytes"`
	PowerCycles           uint64   `json:"power_cycles"`
	PowerOnHours          uint64   `json:"power_on_hours"`
	UnsafeShutdowns       uint64   `json:"unsafe_shutdowns"`
	MediaErrors           uint64   `json:"media_errors"`
}

// TPM is a trusted platform module.
type TPM struct {
	Seen
	Name          string `json:"name"`
	Specification string `json:"specification"` // "2.0"
	Manufacturer  string `json:"manufacturer"`
	Firmware      string `json:"firmware"`
	// LockedOut: too many wrong guesses; LockoutCounter of them now, of LockoutMax. One
	// is forgiven every LockoutForgiveSec.
	LockedOut         bool   `json:"locked_out"`
	LockoutCounter    uint32 `json:"lockout_counter"`
	LockoutMax        uint32 `json:"lockout_max"`
	LockoutForgiveSec uint32 `json:"lockout_forgive_s"`
	// OrderlyStart: the last shutdown was announced to it.
	OrderlyStart bool              `json:"orderly_start"`
	PCRSHA256    map[string]string `json:"pcr_sha256"` // number to hexadecimal digits
}

// Watchdog restarts the machine unless it is fed.
type Watchdog struct {
	Seen
	Name       string `json:"name"`
	Identity   string `json:"identity"`
	State      string `json:"state"`
	TimeoutSec uint32 `json:"timeout_s"`
	NoWayOut   bool   `json:"nowayout"`
	// Fired: the last boot was its doing, as far as it knows.
	Fired bool `json:"fired"`
}

// Sensor is one reading of a chip.
type Sensor struct {
	Seen
	Chip  string `json:"chip"`
	Label string `json:"label"`
	// Kind is temperature, fan, voltage, current or power; Value is in its Unit.
	Kind  string  `json:"kind"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Clock is a real-time clock or a NIC's.
type Clock struct {
	Seen
	Name   string `json:"name"`
	Device string `json:"device"`
	// UnixSec is what a real-time clock says, in seconds since 1970.
	UnixSec int64 `json:"unix_s"`
	// SetsSystem: the kernel took its time from it at boot.
	SetsSystem bool `json:"sets_system"`
}

// Time is the system clock.
type Time struct {
	Seen
	UnixNsec     int64 `json:"unix_ns"`
	Synchronized bool  `json:"synchronized"`
	// MaxErrorUsec is the kernel's bound, EstimatedErrorUsec what the last setter
	// believed.
	MaxErrorUsec       int64  `json:"max_error_us"`
	EstimatedErrorUsec int64  `json:"estimated_error_us"`
	ClockSource        string `json:"clock_source"`
}

// Firmware is how the machine was started.
type Firmware struct {
	Seen
	// Kind is uefi, bios or none (a virtual machine's direct start).
	Kind        string `json:"kind"`
	SecureBoot  bool   `json:"secure_boot"`
	SetupMode   bool   `json:"setup_mode"`
	BootCurrent string `json:"boot_current"` // four hexadecimal digits
}

// PCI is a function of a device.
type PCI struct {
	Seen
	Address         string `json:"address"`
	VendorID        string `json:"vendor_id"`
	DeviceID        string `json:"device_id"`
	SubsystemVendor string `json:"subsystem_vendor_id"`
	SubsystemID     string `json:"subsystem_id"`
	Class           string `json:"class"`
	Driver          string `json:"driver"`
	LinkSpeed       string `json:"link_speed,omitempty"`
	LinkWidth       string `json:"link_width,omitempty"`
}

// USB is a device; hubs are devices too.
type USB struct {
	Seen
	Address      string  `json:"address"`
	VendorID     string  `json:"vendor_id"`
	ProductID    string  `json:"product_id"`
	Manufacturer string  `json:"manufacturer"`
	Product      string  `json:"product"`
	Serial       string  `json:"serial"`
	SpeedMbps    float64 `json:"speed_mbps"`
}
