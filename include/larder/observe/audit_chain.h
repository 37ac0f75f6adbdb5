/* observe/audit_chain.h - how the lines of an audit log hang together, and whether they do.
 *
 *	{"at":"...","seq":7, ... ,"hash":"<64 hex digits>"}
 *
 * hash is the SHA-256 of the hash of the line before, as text, and of the line without its hash member. Behind all
 * else may stand "torn":<bytes> (so many before it are the rests of lines that were broken off), and on the first line
 * of a file "previous":"<64 hex digits>", the hash of the last line of the file before; zeros: there was none.
 *
 * What it shows: that no line was changed, taken out or put in. What it can't: that lines are missing at the
 * end, or that somebody who may write the file has made all of it anew: keep the last hash elsewhere.
 *
 * Threads: one at a time. Nothing is owned; slices are views into the line.
 */
#pragma once

#include "util/bytes.h"

#include <stdint.h>

#define CHAIN_HEX 64

struct chain_line {
	uint64_t seq;
	struct slice body;     /* all before the hash member */
	struct slice hash;     /* CHAIN_HEX digits */
	struct slice previous; /* data NULL: it isn't the first of a file */
	uint64_t
		torn; /* bytes between the line before and this one, the last line feed not counted */
};

/* Where in the chain a writer stands. */
struct chain {
	char last[CHAIN_HEX + 1]; /* the hash of the last line */
	uint64_t seq;             /* its number; 0: there is none yet */
};

void chain_init(struct chain *chain);

/* A line without its line feed. false: it is none of such a log's. Its hash may still be wrong. */
bool chain_read(struct slice line, struct chain_line *ret);

/* Takes up the chain behind this line. */
void chain_follow(struct chain *chain, const struct chain_line *line);

/* Closes the next line, of which all is there but the end: "{" and members. first: of its file. torn: bytes of
 * the line before. The chain is where it was until chain_follow(). RC_TOO_LARGE */
NODISCARD enum rc chain_seal(
	const struct chain *chain, struct bytes *line, bool first, uint64_t torn);

/* ---- is it whole? ---- */

struct chain_check {
	struct chain chain;
	uint64_t lines; /* that are well */
	uint64_t first_seq;
	uint64_t torn; /* times that lines were broken off, and said to be */
	bool begins;   /* a file: the next line is its first */
	uint64_t
		suspects; /* the last lines, which are bad unless the next says that they are torn */
	uint64_t suspect_size; /* of them all */
	const char *suspect;   /* what is bad about the first */
};

void chain_check_init(struct chain_check *check);
/* In the order in which they were written. */
void chain_check_file(struct chain_check *check);

/* A line without its line feed. NULL: all is well so far as can be told; else what is wrong, in static words, with the
 * line that came *ret_back lines before this one. */
const char *chain_check_line(struct chain_check *check, struct slice line, uint64_t *ret_back);

/* Behind the last line: the same; with *ret_back 1 the fault is the last line's. */
const char *chain_check_end(const struct chain_check *check, uint64_t *ret_back);
