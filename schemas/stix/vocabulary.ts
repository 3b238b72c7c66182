/**
 * Vocabularies of STIX 2.1 with errata 01 (section 10). Of an open vocabulary a value should be a member; of an
 * enumeration it must.
 */
const words = (text: string): readonly string[] => text.split(" ");

export const ACCOUNT_TYPES = words(
  "facebook ldap nis openid radius skype tacacs twitter unix windows-local windows-domain",
);
export const ATTACK_MOTIVATIONS = words(
  "accidental coercion dominance ideology notoriety organizational-gain personal-gain " +
    "personal-satisfaction revenge unpredictable",
);
export const ATTACK_RESOURCE_LEVELS = words("individual club contest team organization government");
export const GROUPING_CONTEXTS = words("suspicious-activity malware-analysis unspecified");
export const HASH_ALGORITHMS = words("MD5 SHA-1 SHA-256 SHA-512 SHA3-256 SHA3-512 SSDEEP TLSH");
export const IDENTITY_CLASSES = words("individual group system organization class unknown");
export const IMPLEMENTATION_LANGUAGES = words(
  "applescript bash c c++ c# go java javascript lua objective-c perl php powershell python ruby rust " +
    "scala swift typescript visual-basic x86-32 x86-64",
);
export const INDICATOR_TYPES = words(
  "anomalous-activity anonymization benign compromised malicious-activity attribution unknown",
);
export const INDUSTRY_SECTORS = words(
  "agriculture aerospace automotive chemical commercial communications construction defense education " +
    "energy entertainment financial-services government emergency-services government-local " +
    "government-national government-public-services government-regional healthcare hospitality-leisure " +
    "infrastructure dams nuclear water insurance legal manufacturing mining non-profit pharmaceuticals " +
    "retail technology telecommunications transportation utilities",
);
export const INFRASTRUCTURE_TYPES = words(
  "amplification anonymization botnet command-and-control control-system exfiltration firewall " +
    "hosting-malware hosting-target-lists phishing reconnaissance routers-switches staging workstation " +
    "unknown",
);
export const MALWARE_CAPABILITIES = words(
  "accesses-remote-machines anti-debugging anti-disassembly anti-emulation anti-memory-forensics " +
    "anti-sandbox anti-vm captures-input-peripherals captures-output-peripherals " +
    "captures-system-state-data cleans-traces-of-infection commits-fraud communicates-with-c2 " +
    "compromises-data-availability compromises-data-integrity compromises-system-availability " +
    "controls-local-machine degrades-security-software degrades-system-updates determines-c2-server " +
    "emails-spam escalates-privileges evades-av exfiltrates-data fingerprints-host hides-artifacts " +
    "hides-executing-code infects-files infects-remote-machines installs-other-components " +
    "persists-after-system-reboot prevents-artifact-access prevents-artifact-deletion " +
    "probes-network-environment self-modifies steals-authentication-credentials " +
    "violates-system-operational-integrity",
);
export const MALWARE_RESULTS = words("malicious suspicious benign unknown");
export const MALWARE_TYPES = words(
  "adware backdoor bot bootkit ddos downloader dropper exploit-kit keylogger ransomware " +
    "remote-access-trojan resource-exploitation rogue-security-software rootkit screen-capture spyware " +
    "trojan unknown virus webshell wiper worm",
);
export const PATTERN_TYPES = words("stix pcre sigma snort suricata yara");
export const PROCESSOR_ARCHITECTURES = words("alpha arm ia-64 mips powerpc sparc x86 x86-64");
export const REGIONS = words(
  "africa eastern-africa middle-africa northern-africa southern-africa western-africa americas " +
    "caribbean central-america latin-america-caribbean northern-america south-america asia central-asia " +
    "eastern-asia southern-asia south-eastern-asia western-asia europe eastern-europe northern-europe " +
    "southern-europe western-europe oceania antarctica australia-new-zealand melanesia micronesia " +
    "polynesia",
);
export const REPORT_TYPES = words(
  "attack-pattern campaign identity incident indicator intrusion-set malware observed-data threat-actor " +
    "threat-report tool vulnerability",
);
export const THREAT_ACTOR_TYPES = words(
  "activist competitor crime-syndicate criminal hacker insider-accidental insider-disgruntled " +
    "nation-state private-sector sensationalist spy terrorist unknown",
);
export const THREAT_ACTOR_ROLES = words(
  "agent director independent infrastructure-architect infrastructure-operator malware-author sponsor",
);
export const THREAT_ACTOR_SOPHISTICATION = words("none minimal intermediate advanced expert innovator strategic");
export const TOOL_TYPES = words(
  "denial-of-service exploitation information-gathering network-capture credential-exploitation " +
    "remote-access vulnerability-scanning unknown",
);
export const WINDOWS_PEBINARY_TYPES = words("dll exe sys");

export const ENCRYPTION_ALGORITHMS = ["AES-256-GCM", "ChaCha20-Poly1305", "mime-type-indicated"] as const;
export const EXTENSION_TYPES = [
  "new-sdo",
  "new-sco",
  "new-sro",
  "property-extension",
  "toplevel-property-extension",
] as const;
export const NETWORK_SOCKET_ADDRESS_FAMILIES = [
  "AF_UNSPEC",
  "AF_INET",
  "AF_IPX",
  "AF_APPLETALK",
  "AF_NETBIOS",
  "AF_INET6",
  "AF_IRDA",
  "AF_BTH",
] as const;
export const NETWORK_SOCKET_TYPES = ["SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET"] as const;
export const OPINIONS = ["strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"] as const;
export const WINDOWS_INTEGRITY_LEVELS = ["low", "medium", "high", "system"] as const;
export const WINDOWS_REGISTRY_DATATYPES = [
  "REG_NONE",
  "REG_SZ",
  "REG_EXPAND_SZ",
  "REG_BINARY",
  "REG_DWORD",
  "REG_DWORD_BIG_ENDIAN",
  "REG_DWORD_LITTLE_ENDIAN",
  "REG_LINK",
  "REG_MULTI_SZ",
  "REG_RESOURCE_LIST",
  "REG_FULL_RESOURCE_DESCRIPTION",
  "REG_RESOURCE_REQUIREMENTS_LIST",
  "REG_QWORD",
  "REG_INVALID_TYPE",
] as const;
export const WINDOWS_SERVICE_START_TYPES = [
  "SERVICE_AUTO_START",
  "SERVICE_BOOT_START",
  "SERVICE_DEMAND_START",
  "SERVICE_DISABLED",
  "SERVICE_SYSTEM_ALERT",
] as const;
export const WINDOWS_SERVICE_TYPES = [
  "SERVICE_KERNEL_DRIVER",
  "SERVICE_FILE_SYSTEM_DRIVER",
  "SERVICE_WIN32_OWN_PROCESS",
  "SERVICE_WIN32_SHARE_PROCESS",
] as const;
export const WINDOWS_SERVICE_STATUSES = [
  "SERVICE_CONTINUE_PENDING",
  "SERVICE_PAUSE_PENDING",
  "SERVICE_PAUSED",
  "SERVICE_RUNNING",
  "SERVICE_START_PENDING",
  "SERVICE_STOP_PENDING",
  "SERVICE_STOPPED",
] as const;
