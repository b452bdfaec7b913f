package wire

// The integer keys of the manifest's maps; SPEC.md is their contract. A key is
// never used again for another meaning.

const (
	keyManifestNode     = 0
	keyManifestUsers    = 1
	keyManifestLinks    = 2
	keyManifestServices = 3
	keyManifestState    = 4
	keyManifestAccess   = 5
	keyManifestRules    = 6
	keyManifestTime     = 7
)

const (
	keyOperatorName = 0
	keyOperatorKey  = 1
)

const (
	keyLinkRuleName  = 0
	keyLinkRuleMatch = 1
	keyLinkRuleOrder = 2
)

const (
	keyUserName = 0
	keyUserUID  = 1
	keyUserGID  = 2
)

const (
	keyLinkName     = 0
	keyLinkAddress  = 1
	keyLinkPrefix   = 2
	keyLinkGateway  = 3
	keyLinkDHCP4    = 4
	keyLinkProbe    = 5
	keyLinkAddress6 = 6
	keyLinkPrefix6  = 7
	keyLinkGateway6 = 8
	keyLinkRA       = 9
)

const (
	keyServiceName           = 0
	keyServiceKind           = 1
	keyServiceExec           = 2
	keyServiceEnv            = 3
	keyServiceDir            = 4
	keyServiceUser           = 5
	keyServiceCaps           = 6
	keyServiceNewPrivs       = 7
	keyServiceRlimits        = 8
	keyServiceNeeds          = 9
	keyServiceOptional       = 10
	keyServiceReady          = 11
	keyServiceReadyAddress   = 12
	keyServiceStart          = 13
	keyServiceRestart        = 14
	keyServiceBackoff        = 15
	keyServiceBackoffMax     = 16
	keyServiceRestartsMax    = 17
	keyServiceRestartsWindow = 18
	keyServiceStopSignal     = 19
	keyServiceStop           = 20
	keyServiceLimits         = 21
	keyServiceIsolation      = 22
	keyServiceEvery          = 23
	keyServicePort           = 24
	keyServiceRelay          = 25
)

const (
	keyIsolationSyscalls    = 0
	keyIsolationSyscallKill = 1
	keyIsolationImportance  = 2
	keyIsolationNamespaces  = 3
	keyIsolationNodeView    = 4
	keyIsolationDevices     = 5
	keyIsolationWritable    = 6
	keyIsolationFiles       = 7
	keyIsolationReads       = 8
	keyIsolationTCPBind     = 9
	keyIsolationTCPConnect  = 10
	keyIsolationInsideID    = 11
)

const (
	keyWritablePath   = 0
	keyWritableSize   = 1
	keyWritableMode   = 2
	keyWritableShared = 3
	keyWritableSealed = 4
)

const (
	keyFilePath    = 0
	keyFileContent = 1
	keyFileSource  = 2
	keyFileMode    = 3
	keyFileOwner   = 4
)

const (
	keyRlimitName = 0
	keyRlimitSoft = 1
	keyRlimitHard = 2
)

const (
	keyLimitsMemoryMax  = 0
	keyLimitsMemoryHigh = 1
	keyLimitsCPUMax     = 2
	keyLimitsCPUPeriod  = 3
	keyLimitsCPUWeight  = 4
	keyLimitsPidsMax    = 5
	keyLimitsIO         = 6
)

const (
	keyIODisk       = 0
	keyIOReadBytes  = 1
	keyIOWriteBytes = 2
	keyIOReadOps    = 3
	keyIOWriteOps   = 4
)
