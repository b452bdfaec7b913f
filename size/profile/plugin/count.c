// Counts the instructions that a QEMU machine executes, by block of code and by
// phase of its boot. QEMU loads it with -plugin; profile.go builds it and reads
// what it writes.
//
// The declarations are those of QEMU's plugin interface, version 1
// (include/qemu/qemu-plugin.h), which distributions don't package.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t, void (*)(uint64_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

enum {
	phases_max = 64,  // more than a boot has marks; the last takes the rest
	triggers_max = 4,
	buckets_count = 1 << 16,
};

// A trigger is the beginning of a function that begins a phase, or ends all. Its
// first bytes, as one number, tell it from another program's at this address.
struct trigger {
	uint64_t address, head;
	bool last;
};

// A block is straight code as QEMU translated it. Two programs may have
// different ones at one address.
struct block {
	uint64_t address, hash;
	unsigned instructions, bytes;
	int trigger; // an index, or -1
	uint64_t executed[phases_max];
	struct block *next;
};

static struct trigger triggers[triggers_max];
static int triggers_count;
static struct block *buckets[buckets_count];
static unsigned phase;
static bool over;
static const char *out;

// fnv goes on with an FNV-1a hash of 64 bits.
static uint64_t fnv(uint64_t hash, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

static const uint64_t fnv_seed = 0xcbf29ce484222325;

// write_counts writes a line for each block and phase, and renames the file when
// it is whole.
static void write_counts(void)
{
	char part[4096];
	if (snprintf(part, sizeof part, "%s.part", out) >= (int)sizeof part)
		return;
	FILE *f = fopen(part, "w");
	if (!f)
		return;
	for (int i = 0; i < buckets_count; i++)
		for (struct block *b = buckets[i]; b; b = b->next)
			for (int p = 0; p < phases_max; p++)
				if (b->executed[p])
					fprintf(f, "%d %lx %lx %u %lu\n", p, (unsigned long)b->address, (unsigned long)b->hash,
						b->bytes, (unsigned long)(b->executed[p] * b->instructions));
	if (fclose(f) == 0)
		rename(part, out);
}

static void on_execute(unsigned cpu, void *data)
{
	struct block *b = data;
	(void)cpu;
	if (over)
		return;
	if (b->trigger >= 0) {
		if (triggers[b->trigger].last) {
			over = true;
			write_counts();
			return;
		}
		if (phase < phases_max - 1)
			phase++;
	}
	b->executed[phase]++;
}

// find returns the block of this code, a new one if it was not seen before: QEMU
// translates the same code again and again.
static struct block *find(uint64_t address, uint64_t hash, unsigned instructions, unsigned bytes)
{
	struct block **at = &buckets[(address * 0x9e3779b97f4a7c15 ^ hash) >> 48];
	for (; *at; at = &(*at)->next)
		if ((*at)->address == address && (*at)->hash == hash && (*at)->instructions == instructions)
			return *at;
	*at = calloc(1, sizeof **at);
	if (!*at) {
		fputs("profile: no memory for a block\n", stderr);
		exit(1);
	}
	(*at)->address = address, (*at)->hash = hash;
	(*at)->instructions = instructions, (*at)->bytes = bytes;
	(*at)->trigger = -1;
	return *at;
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb), hash = fnv_seed, head = 0;
	unsigned bytes = 0;
	size_t instructions = qemu_plugin_tb_n_insns(tb);
	(void)id;
	for (size_t i = 0; i < instructions; i++) {
		const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *data = qemu_plugin_insn_data(insn);
		size_t size = qemu_plugin_insn_size(insn);
		hash = fnv(hash, data, size);
		if (bytes < sizeof head)
			memcpy((uint8_t *)&head + bytes, data, size < sizeof head - bytes ? size : sizeof head - bytes);
		bytes += size;
	}
	struct block *b = find(address, hash, instructions, bytes);
	// A short function's first block may end within its first eight bytes: the
	// rest of head is zero then, and is not compared.
	uint64_t known = bytes < sizeof head ? (1ULL << 8 * bytes) - 1 : ~0ULL;
	for (int t = 0; t < triggers_count; t++)
		if (triggers[t].address == address && (triggers[t].head & known) == head)
			b->trigger = t;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_execute, 0, b);
}

// The arguments: out=FILE, and in any number up to triggers_max
// begin=ADDRESS:HEAD or end=ADDRESS:HEAD, both hexadecimal.
EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		unsigned long address, head;
		if (strncmp(argv[i], "out=", 4) == 0) {
			out = strdup(argv[i] + 4);
		} else if (triggers_count < triggers_max &&
			   (sscanf(argv[i], "begin=%lx:%lx", &address, &head) == 2 ||
			    sscanf(argv[i], "end=%lx:%lx", &address, &head) == 2)) {
			triggers[triggers_count++] = (struct trigger){ address, head, argv[i][0] == 'e' };
		} else {
			fprintf(stderr, "profile: unknown argument %s\n", argv[i]);
			return -1;
		}
	}
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
