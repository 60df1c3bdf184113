#!/usr/bin/env bats
# shellcheck disable=SC2154 # $stderr is set by run
# lexflow deploy, against a stand-in for gcloud that remembers what it was told.
bats_require_minimum_version 1.5.0

setup() {
	export LEXFLOW_BIN=${LEXFLOW_BIN:-$(realpath "$BATS_TEST_DIRNAME/../../build/bin")}
	export PATH="$BATS_TEST_DIRNAME/deploy:$LEXFLOW_BIN:$PATH" XDG_STATE_HOME="$BATS_TEST_TMPDIR/state"
	export CLOUD="$BATS_TEST_TMPDIR/cloud"
	unset LEXFLOW_STATE LEXFLOW_SERVICES CLOUDSDK_CORE_PROJECT CLOUDSDK_RUN_REGION
	mkdir "$CLOUD"
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

deploy() {
	lexflow deploy --project my-project --region europe-west1 --tag t1 "$@"
}

# The calls that changed something, a line each.
changes() {
	jq -r 'join(" ")' "$CLOUD/calls" | grep -vE '^[a-z -]+ (describe|get-iam-policy|service-agent) |service-agent'
}

@test "what is printed calls nobody" {
	run -0 deploy --dry-run
	[[ "$output" == *"gcloud run deploy extract --region=europe-west1"*"--no-allow-unauthenticated --ingress=internal"* ]]
	[[ "$output" == *'extract@"$EXTRACT_DIGEST"'* ]]
	run -0 deploy --plan-out script
	run -0 deploy --plan-out terraform
	[ ! -e "$CLOUD/calls" ]
}

@test "into an empty project everything is made, in an order in which it can be" {
	run -0 --separate-stderr deploy --yes --trigger --schedule '0 5 * * *'
	[[ "$stderr" == *"+ service extract"* ]]
	changes >"$CLOUD/made"
	# an account before its role, an image before its service, services before the workflow, the run at the end
	grep -n . "$CLOUD/made" >"$CLOUD/numbered"
	order() { grep -m 1 -F -- "$1" "$CLOUD/numbered" | cut -d: -f1; }
	[ "$(order 'service-accounts create decisions-extract')" -lt "$(order 'member=serviceAccount:decisions-extract@')" ]
	[ "$(order 'builds submit')" -lt "$(order 'run deploy ingest')" ]
	[ "$(order 'run deploy store')" -lt "$(order 'workflows deploy decisions')" ]
	[ "$(order 'storage buckets create gs://my-project-decisions-inbox')" -lt "$(order 'eventarc triggers create')" ]
	[[ "$(tail -n 1 "$CLOUD/made")" == "workflows run decisions "* ]]
	# one account for the workflow, one for each service, and two that start it; only the workflow may call services
	[ "$(grep -c 'service-accounts create' "$CLOUD/made")" -eq 7 ]
	[ "$(grep -c 'role=roles/run.invoker' "$CLOUD/made")" -eq 4 ]
	[ "$(grep 'role=roles/run.invoker' "$CLOUD/made" | grep -c 'serviceAccount:decisions-workflow@')" -eq 4 ]
	# nobody but the workflow's log writer and what starts it has a role in the project
	[ "$(grep -c '^projects add-iam-policy-binding' "$CLOUD/made")" -eq 5 ]
	# the workflow learns the addresses, the services their images by digest
	grep -q 'set-env-vars=^@^INGEST_URL=https://ingest-abc-ew.a.run.app@CLASSIFY_URL=https://classify-abc-ew.a.run.app@' "$CLOUD/made"
	grep -q 'run deploy store .*/lexflow/store@sha256:0*5 ' "$CLOUD/made"
	! grep -q '\${' "$CLOUD/made"
}

@test "again: what is as it shall be is left alone, what differs is changed, and the way back is told" {
	deploy --yes 2>/dev/null
	rm "$CLOUD/calls"
	run -0 --separate-stderr deploy --yes
	[[ "$stderr" == *"= service extract"*"= workflow decisions"* ]]
	! changes | grep -qE '(create|deploy|submit|add-iam)'
	sed 's/memory: 512Mi/memory: 1Gi/' infra/services.yaml >"$BATS_TEST_TMPDIR/services.yaml"
	cp workflow.yaml "$BATS_TEST_TMPDIR/w.yaml"
	echo '# changed' >>"$BATS_TEST_TMPDIR/w.yaml"
	rm "$CLOUD/calls"
	run -0 --separate-stderr deploy --yes --services "$BATS_TEST_TMPDIR/services.yaml" "$BATS_TEST_TMPDIR/w.yaml"
	[[ "$stderr" == *"= service ingest"*"~ service extract"*"memory: 512Mi -> 1Gi"*"~ workflow decisions"*"sourceContents"* ]]
	[[ "$stderr" == *"back to what was there before:"*"update-traffic extract --to-revisions=extract-00001=100"* ]]
	[[ "$stderr" == *"workflows describe decisions --revision-id=000001-abc"* ]]
	[ "$(changes | grep -cE '^(run|workflows) deploy')" -eq 4 ]
}

@test "nothing is changed without a yes" {
	run -2 --separate-stderr deploy </dev/null
	[[ "$stderr" == *"nothing was changed"*"--yes"* ]]
	run -2 script -qec "lexflow deploy --project my-project --region europe-west1 --tag t1" /dev/null <<<n
	[ -z "$(changes)" ]
}

@test "after a failure the next deployment goes on from there" {
	echo 'run deploy extract' >"$CLOUD/fails"
	run -3 --separate-stderr deploy --yes
	[[ "$stderr" == *"service extract: gcloud failed: ERROR: (gcloud) PERMISSION_DENIED"*"hint: "* ]]
	rm "$CLOUD/fails" "$CLOUD/calls"
	run -0 --separate-stderr deploy --yes
	[[ "$stderr" == *"= service classify"*"+ service extract"* ]]
	! changes | grep -q 'run deploy classify'
}

@test "a run that does not succeed fails the deployment, though gcloud ends with 0" {
	echo FAILED >"$CLOUD/state"
	run -3 --separate-stderr deploy --yes
	[[ "$stderr" == *"it ended as FAILED, not SUCCEEDED"* ]]
	run -0 deploy --yes --smoke none
}

@test "the script does what the program does" {
	deploy --yes --trigger --schedule '0 5 * * *' 2>/dev/null
	changes >"$BATS_TEST_TMPDIR/by_program"
	rm "$CLOUD"/*
	deploy --trigger --schedule '0 5 * * *' --plan-out script >"$BATS_TEST_TMPDIR/deploy.sh"
	run -0 sh "$BATS_TEST_TMPDIR/deploy.sh"
	changes >"$BATS_TEST_TMPDIR/by_script"
	diff "$BATS_TEST_TMPDIR/by_program" "$BATS_TEST_TMPDIR/by_script"
	# and again: what was made is not made twice
	run -0 sh "$BATS_TEST_TMPDIR/deploy.sh"
	echo FAILED >"$CLOUD/state"
	run -1 sh "$BATS_TEST_TMPDIR/deploy.sh"
}

@test "the module in infra/terraform is what would be written now, laid out as terraform does" {
	run -0 diff infra/terraform/main.tf <(deploy --plan-out terraform)
	command -v terraform >/dev/null || skip "terraform is not installed: its layout is not checked"
	run -0 terraform fmt -check infra/terraform
	deploy --plan-out terraform --trigger --schedule '0 5 * * *' >"$BATS_TEST_TMPDIR/main.tf"
	run -0 terraform fmt -check "$BATS_TEST_TMPDIR"
	# a block for each account, and for each role
	[ "$(grep -c '^resource "google_service_account"' "$BATS_TEST_TMPDIR/main.tf")" -eq 7 ]
	[ "$(grep -c '^resource "google_project_iam_member"' "$BATS_TEST_TMPDIR/main.tf")" -eq 5 ]
}

@test "what cannot be a name, a definition or a list is refused before anybody is asked" {
	run -2 --separate-stderr lexflow deploy --region europe-west1
	[[ "$stderr" == *"--project is missing"* ]]
	run -2 --separate-stderr deploy --project 'x; rm -rf /'
	[[ "$stderr" == *"cannot be the name of a project"* ]]
	run -2 --separate-stderr deploy --name a-name-that-is-far-too-long-for-an-account
	run -2 --separate-stderr deploy --smoke '{'
	run -2 --separate-stderr deploy --plan-out pulumi
	echo '- a: {next: nowhere}' >"$BATS_TEST_TMPDIR/bad.yaml"
	run -2 --separate-stderr deploy --yes "$BATS_TEST_TMPDIR/bad.yaml"
	[[ "$stderr" == *"bad.yaml:1:"* ]]
	[ ! -e "$CLOUD/calls" ]
}

@test "a project that cannot be seen ends it before anything is made" {
	echo 'projects describe' >"$CLOUD/fails"
	run -2 --separate-stderr deploy --yes
	[[ "$stderr" == *"project my-project cannot be seen: ERROR"*"gcloud auth login"* ]]
	[ -z "$(changes)" ]
}

@test "the tag is a hash of the sources: the same for the same, another for others" {
	one=$(lexflow deploy --project my-project --region europe-west1 --dry-run | grep -o '_TAG=[0-9a-f]*')
	[[ "$one" =~ ^_TAG=[0-9a-f]{16}$ ]]
	mkdir -p "$BATS_TEST_TMPDIR/copy/infra"
	cp -R Makefile lib steps "$BATS_TEST_TMPDIR/copy/"
	cp -R infra/container infra/deps infra/services.yaml "$BATS_TEST_TMPDIR/copy/infra/"
	two() { lexflow deploy --project my-project --region europe-west1 --dry-run --context "$BATS_TEST_TMPDIR/copy" | grep -o '_TAG=[0-9a-f]*'; }
	[ "$(two)" = "$one" ]
	echo >>"$BATS_TEST_TMPDIR/copy/lib/mem/mem.c"
	[ "$(two)" != "$one" ]
	rm -r "$BATS_TEST_TMPDIR/copy/lib"
	run -4 lexflow deploy --project my-project --region europe-west1 --dry-run --context "$BATS_TEST_TMPDIR/copy"
}
