# Each target first installs what is missing. What cannot be installed is named, with what to do.

SHELL := /bin/bash
NODE := node_modules/.bin/node
STAMP := node_modules/.installed-package-lock.json

.PHONY: demo test test-long check parts install clean

demo: parts ## A rollout on the real parts; KEEP=1 leaves everything running until Ctrl-C.
	$(NODE) tools/demo/main.ts $(if $(KEEP),--keep)

test: parts ## Static analysis, then all tests on the real parts.
	@status=0; npm run check || status=1; npm test || status=1; exit $$status

test-long: parts ## The same, and the tests under test/long, which take many minutes.
	@status=0; npm run check || status=1; SERIN_LONG=1 npm test || status=1; exit $$status

check: install ## Static analysis alone.
	npm run check

parts: install ## Finds, downloads or builds the real parts, once per machine.
	$(NODE) tools/parts/main.ts

# `npm ci` refuses a lock file without the optional packages of other platforms, which npm writes when a mirror
# lacks them; `npm install --no-save` installs the same versions and leaves the lock file as it is.
install: ## npm packages, among them Node itself, whenever package-lock.json has changed.
	@cmp -s package-lock.json $(STAMP) || { { npm ci || npm install --no-save; } && cp package-lock.json $(STAMP); }

clean: ## What was made in this checkout. The parts stay in ~/.cache/serin.
	rm -rf dist coverage .vitest .serin
