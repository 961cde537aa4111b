"""The screens, one file each, found by being here: a module that declares an `AREA` is a screen.

How to add a screen
===================

Add a file to this folder. Nothing else has to be told: the digit, the palette, the help, links, pictures
and the tests of what is declared follow from the declarations in it. The examples are `jobs.py` (a list of
any length, with acts), `schedules.py` (a short list), `job.py` (a detail), `requeue.py` (an act with its
plan).

1. **The area**, at the end of the file::

       AREA = Area(noun="party", digit="6", title="Parties", short="Party", help="one clause",
                   cli="waybill party list", screen=PartiesScreen, detail=PartyScreen)

   `noun` is what commands and links say: `waybill open party/12` calls `detail("12")`. Without a `digit` it
   is reached through the palette. `short` has at most 6 letters. A file of screens without a list of their
   own (a form, one thing) needs no `AREA`.

2. **A list**: subclass `tui.kit.listing.ListScreen[Row]`. Rows are named tuples or frozen dataclasses. Say
   `NAME`, `TABS` (each with what to do next when it is empty), `COLUMNS` (`at=100`: only from that width;
   `width=0`: the rest), and the methods `source(wanted)` and `cells(row)`. Where there is more to say:
   `counter` (counts of all tabs), `finder` (other facts, become `self.facts`), `preview(row)`,
   `nothing(tab)`, `open(row)`, `why_not(act)`, `ORDERS`, `FILTER`, `MARKING`. `self.current` is the row
   under the cursor, `self.selection()` the marked ones or that one.

   `source` returns a `tui.widgets.rows.Source`: `page(seek)`, `total()`, `key(row)`. In `models`,
   `Seek.sql` (`models.paging`) makes the condition and the order, see `models.jobs.queries.paged`. For a
   list that is short by its nature, `Bounded(read, key)` does it all.

3. **A detail**: subclass `tui.kit.detail.DetailScreen[Data]`: `SECTIONS`, `reader()`, `summary(data)`,
   `entries(section, data)`. Opened as `PartyScreen(row.id, self.neighbour)`, `[` and `]` go through the
   list. `tui.kit.reader.document_text` makes a JSON document readable for an entry's `full`.

4. **An act**: a `Command` in `ACTS` (key, title, help, the command that does the same, the permission) and
   the method `do_NAME`. It stays in sight when it cannot be done: the permission, and `why_not(name)` — a
   reason with its remedy, or "" — are asked, shown in help and palette, and said when the key is pressed.
   What changes something goes through a plan: `self.app.push_screen(PlanScreen(title, make, twin), then)`,
   `make()` returning a `tui.kit.plan.Plan` in a thread, whose `carry_out(reason)` is a generator that
   yields `Progress` after each batch, where it may be stopped, and returns an `Outcome`.

5. **A form**: subclass `tui.kit.form.FormScreen[Result]`: `NAME`, `draft`, `reader()` returning a `Form` of
   `models.catalogue.Setting`s and values, `save(values)`, `saved(result)`; `wrong(values)` for what no
   single setting can tell, `beside(values)` for what they come to, redrawn as one types.

6. **A secret**: `tui.kit.secret.SecretScreen(title, secret, how, folder=…, revoke=…)`: nowhere else.

Whatever reads or writes is done by `self.ask(read, then)`: `read` runs in a thread on a connection of its
own and touches no widget, `then(answer)` runs in the loop. `reader`, `source(...).page`, `counter` and
`save` are run that way for you: take `self.waybill.actor` along in a local. What changed elsewhere is read
again by itself.

Keys: `key(...)` of `tui.kit.live` for moving about. Taken everywhere: `1`-`9` `?` `-` `L` `q` `^r` `^p`; in
lists `/` `space` `A` `[` `]` `s` `esc` `enter` `j` `k` `g` `G`; in details `[` `]` `esc` and the arrows.
Upper case for what is hard to undo. Forms and questions have text fields, so there only `ctrl` and function
keys.

Tests: `tests.tui.screen_kit` drives it (`desk.drive(scenario)`, `press`, `screen_text`, `rows`), add to its
`at_desk` what your screen shows; pictures at both sizes and in both themes are taken of every area by
themselves (`pytest tests/tui/test_screens_pictures.py --snapshot-update`, then look at them).
"""
