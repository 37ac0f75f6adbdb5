/* http/xml_watch.h - which elements an XML document has, seen while it comes.
 *
 * Names are local ones: what stands before a ':' says nothing here.
 *
 * What it is not: a validator, or a reader of what elements say. Documents are well-formed XML 1.0 in an
 * encoding that expat knows (UTF-8, UTF-16, ISO-8859-1, US-ASCII), by their own declaration. A DOCTYPE may
 * be there; what it names elsewhere is never fetched, and entities that it may define there are skipped. What
 * entities are expanded to is bounded: to XML_WATCH_AMPLIFICATION times the document beyond a MiB. Elements
 * are nested to XML_WATCH_DEPTH levels. It takes some 10 KiB, and up to XML_WATCH_MEMORY for long tags and
 * many names.
 *
 * Threads: tests are immutable once they are made and may be shared; a watch belongs to one thread at a
 * time. Ownership: a watch borrows its tests.
 */
#pragma once

#include "util/rc.h"
#include "util/scope.h"
#include "util/slice.h"

#define XML_WATCH_DEPTH         2048
#define XML_WATCH_MEMORY        ((size_t)1024 * 1024)
#define XML_WATCH_AMPLIFICATION 10

/* Names of elements in groups, which the user numbers. */
struct xml_tests;

struct xml_tests *xml_tests_new(void);
void xml_tests_free(struct xml_tests *tests);
/* Copies the name. */
void xml_tests_add(struct xml_tests *tests, struct slice name, unsigned group);

struct xml_watch;

struct xml_watch *xml_watch_new(const struct xml_tests *tests);
void xml_watch_free(struct xml_watch *watch);

SCOPE_DEFINE(xml_watch, xml_watch_free)

/* The next piece of the document; of some KiB, or a long tag is looked at too often. RC_INVALID: this is no
 * XML, nested too deeply, or an entity grows too much. RC_TOO_LARGE: it takes more memory than a watch may
 * have. RC_UNSUPPORTED: its encoding isn't known. All are final; what was found before stays. */
NODISCARD enum rc xml_watch_feed(struct xml_watch *watch, struct slice piece);

/* All was fed. RC_OK: it was one XML document, wholly. */
NODISCARD enum rc xml_watch_end(struct xml_watch *watch);

/* Whether an element with one of the group's names came. */
bool xml_watch_seen(const struct xml_watch *watch, unsigned group);

/* The root element's name, which lasts as long as the watch; data NULL: it has not come. */
struct slice xml_watch_root(const struct xml_watch *watch);
