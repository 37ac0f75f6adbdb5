/* config/markdown.c - docs/config.md: what a configuration is, and a table a section. */
#include "config/config.h"

#include "kinds.h"
#include "schema.h"

#include <string.h>

static const char intro[] =
	"# Configuration\n"
	"\n"
	"<!-- Written by `larder check --markdown` from the table in src/config/schema.c. -->\n"
	"\n"
	"`larder serve --config FILE` reads one YAML file; `larder check --config FILE` says what\n"
	"is wrong with it, or prints the configuration that it comes to. A file needs an upstream\n"
	"and a route:\n"
	"\n"
	"```yaml\n"
	"upstreams:\n"
	"  europepmc:\n"
	"    url: https://www.ebi.ac.uk/europepmc/webservices/rest\n"
	"routes:\n"
	"  - path: /europepmc/webservices/rest\n"
	"    upstream: europepmc\n"
	"```\n"
	"\n"
	"Everything else has a default. [config/reference.yaml](../config/reference.yaml) has all\n"
	"settings with theirs, ready to be copied from.\n"
	"\n"
	"## Values\n"
	"\n"
	"| kind | written as |\n"
	"|---|---|\n"
	"| duration | a whole number and `d`, `h`, `m`, `s` or `ms`: `30d`, `5m`, `250ms`; `0` "
	"alone |\n"
	"| size | bytes, or a whole number and `KiB`, `MiB`, `GiB`, `TiB` (1024) or `KB`, `MB`, "
	"`GB`, `TB` (1000) |\n"
	"| percent | `10%` or `10` |\n"
	"| count | a whole number |\n"
	"| rate | a number in a time: `5/s`, `100/m`, `1/250ms`; `0` or `none` for no bound |\n"
	"| share | `1/1000`: each 1000th; `0` for none |\n"
	"| range | two durations, `300s-900s`, between which one is drawn each time; or one alone "
	"|\n"
	"| boolean | `true`, `yes`, `on`, `false`, `no`, `off` |\n"
	"| word | one of the words under *range* |\n"
	"| list | `[a, b]` or a line each; a single value stands for a list of one |\n"
	"| map | `{ a: 5m, b: 1h }` or a line each. In maps of durations and ranges each member "
	"replaces, or stands beside, those of the default; `off` or `0` takes one out, and `off` "
	"in "
	"the place of the map all of them |\n"
	"| moment | `2027-01-31` (its begin, in UTC) or `2027-01-31T12:00:00Z`; `never` |\n"
	"| condition | `/pointer`: a JSON Pointer (RFC 6901) to something that is there. "
	"`/pointer=VALUE`: it is that scalar, written as in JSON but without quotes, or `[]` or "
	"`{}` "
	"|\n"
	"\n"
	"`${NAME}` anywhere in a value is replaced by that variable of the environment, and\n"
	"`${NAME:-default}` by the default where the variable is unset or empty. A variable that\n"
	"is unset and has no default is a fault. `$${` stands for `${` itself. Within `{ }` or\n"
	"`[ ]`, YAML wants quotes around it.\n"
	"\n"
	"## Reload\n"
	"\n"
	"`larder reload`, `SIGHUP` or `POST /api/v1/reload` read the file anew while requests go "
	"on. With\n"
	"faults nothing changes. What is marked *at a start only* keeps its value, and is named.\n"
	"\n"
	"## Faults\n"
	"\n"
	"All faults are found in one run, each with its place, what was found and what was\n"
	"expected; larder then exits with status 2.\n"
	"\n"
	"```\n"
	"larder.yaml:4:5: unknown setting \"tiemouts\"; expected \"timeouts\", the nearest known\n"
	"larder.yaml:9:15: \"5x\" for cache.heuristic.max; expected a duration such as 5m, 30s or "
	"250ms\n"
	"```\n"
	"\n"
	"A name stands once in a map; YAML aliases, several documents in a file, unknown\n"
	"settings, and user names or passwords in addresses are faults. Files need not exist when\n"
	"the configuration is read.\n"
	"\n"
	"## Profiles\n"
	"\n"
	"larder comes with rules for some services. A route takes them by name:\n"
	"\n"
	"```yaml\n"
	"routes:\n"
	"  - { path: /europepmc, upstream: europepmc, profile: europepmc }\n"
	"```\n"
	"\n"
	"`larder check --profile NAME` prints the rules, each with its reason, and\n"
	"`larder check --config FILE` what a file comes to with them. A profile has three parts:\n"
	"\n"
	"| part | what |\n"
	"|---|---|\n"
	"| `upstream` | settings of the route's upstream |\n"
	"| `route` | settings of the route, and of all that are below it |\n"
	"| `routes` | routes below it, with a `path` that is put behind the route's own, and the "
	"same upstream |\n"
	"\n"
	"Each setting is the file's where the file has it, be it for the route or its upstream:\n"
	"what a route says beside `path`, `upstream` and `upstream_path` holds below it, too. "
	"Then\n"
	"come those of `routes`, then those of `route`. A list or map is taken as a whole. A "
	"route\n"
	"of the file stands instead of the profile's with the same path. Where routes with\n"
	"different profiles share an upstream, it must say itself what those disagree on.\n";

/* Sections with words of their own. */
static const struct {
	const char *name, *about;
} sections[] = {
	{ "server", "What clients meet." },
	{ "admin", "Where and by whom larder is operated: [operations.md](operations.md), "
		   "[security.md](security.md)." },
	{ "tenancy", "How tenants are recognised." },
	{ "tenants", "Who has a cache of its own within the one: a map from names to settings." },
	{ "events", "Signed events that purge: a map from the sources' names to settings "
		    "([purging.md](purging.md))." },
	{ "health", "From when on `/health` warns or fails." },
	{ "cache", "What is kept, and how requests share a fetch." },
	{ "upstreams", "Where responses come from: a map from names to settings. Names consist of "
		       "letters, "
		       "digits,\n`.`, `_` and `-`, and turn up as labels of metrics." },
	{ "routes",
		"Which requests go where: a list of maps. The longest path that a target starts "
		"with, in whole\nsegments, decides; what stands behind it goes to the upstream as "
		"it came. `/x/` is `/x`.\n"
		"\n"
		"A segment `*` stands for any one that isn't empty: `/*/fullTextXML`. Of two paths "
		"with as many\nsegments the one with a segment where the other has `*` decides. "
		"Such a route cuts off, and puts\n`upstream_path` in the place of, what stands "
		"before its first `*` alone." },
	{ "log", "What larder writes." },
};

static void write_range(const struct setting *row, FILE *to)
{
	if (row->kind == WORD)
		fputs(row->words, to);
	else if (row->least != NULL && row->most != NULL)
		fprintf(to, "%s to %s", row->least, row->most);
	else if (row->most != NULL)
		fprintf(to, "at most %s", row->most);
	if (kind_facts(row->kind)->form == FORM_TEXTS && row->most != NULL)
		fputs(" entries", to);
}

static void write_preset(const struct setting *row, FILE *to)
{
	if (row->preset == NULL)
		return;
	if (strcmp(row->preset, "\"\"") == 0)
		fputs("empty", to);
	else
		fprintf(to, "`%s`", row->preset);
}

static void write_section(const char *section, FILE *to)
{
	size_t size = strlen(section);

	fputs("\n| setting | kind | default | range | what it does |\n|---|---|---|---|---|\n", to);
	SETTINGS_EACH(row)
	{
		if (strncmp(row->path, section, size) != 0 || row->path[size] != '.')
			continue;
		fprintf(to, "| `%s` | %s | ",
			schema_scope(row) == SCOPE_CONFIG ? row->path : schema_name(row),
			kind_facts(row->kind)->name);
		write_preset(row, to);
		fputs(" | ", to);
		write_range(row, to);
		fprintf(to, " | %s%s |\n", row->about, row->fixed ? " (*at a start only*)" : "");
	}
}

void config_write_markdown(FILE *to)
{
	fputs(intro, to);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		fprintf(to, "\n## %s\n\n%s\n", sections[i].name, sections[i].about);
		write_section(sections[i].name, to);
	}
}
