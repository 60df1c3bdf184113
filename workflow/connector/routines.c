/*
 * routines.c - what connectors do, in the workflow language; see connector.h.
 *
 *	call(name, args)     prepare ─▶ send ─▶ a result, or: pause ─▶ send ─▶ progress, until it is done
 *	send(...)            one request and its retries: reference, 7.3
 *	pause(...)           a wait that ends, with TimeoutError, when the time of the whole call is over
 *
 * The clock is asked once when a call begins and once after each wait is decided; what is left of the time goes
 * from hand to hand in between. A turn of the loop in `call` is what counts as a step of the run: one for each poll
 * (reference, 11.3).
 */
#include "workflow/connector/connector.h"

static const char calls[] =
	"main:\n"
	"  steps:\n"
	"    - none:\n" /* never called: a definition has one */
	"        return: null\n"
	"call:\n"
	"  params: [name, args]\n"
	"  steps:\n"
	"    - begin:\n"
	"        assign:\n"
	"          - todo: ${connector.prepare(name, args)}\n"
	"          - deadline: ${sys.now() + todo.timeout}\n"
	"    - first:\n"
	"        call: send\n"
	"        args: {request: '${todo.request}', deadline: '${deadline}', left: '${todo.timeout}'}\n"
	"        result: response\n"
	"    - is_short:\n"
	"        switch:\n"
	"          - condition: ${todo.operation == null}\n"
	"            return: ${response}\n"
	"    - look:\n"
	"        assign:\n"
	"          - state: ${connector.progress(todo, response)}\n"
	"          - delay: ${math.min(todo.initial_delay, todo.max_delay)}\n"
	"    - was_done:\n"
	"        switch:\n"
	"          - condition: ${state.done}\n"
	"            return: ${response}\n"
	"    - polls:\n"
	"        for:\n"
	"          value: turn\n"
	"          range: [1, 9007199254740991]\n"
	"          steps:\n"
	"            - wait:\n"
	"                call: pause\n"
	"                args: {seconds: '${delay}', deadline: '${deadline}'}\n"
	"                result: left\n"
	"            - ask:\n"
	"                call: send\n"
	"                args: {request: '${state.request}', deadline: '${deadline}', left: '${left}'}\n"
	"                result: response\n"
	"            - judge:\n"
	"                assign:\n"
	"                  - state: ${connector.progress(todo, response)}\n"
	"                  - delay: ${math.min(delay * todo.multiplier, todo.max_delay)}\n"
	"            - is_done:\n"
	"                switch:\n"
	"                  - condition: ${state.done}\n"
	"                    return: ${response}\n"
	"send:\n"
	"  params: [request, deadline, left]\n"
	"  steps:\n"
	"    - begin:\n"
	"        assign:\n"
	"          - failures: 0\n"
	"          - delay: 1.0\n"
	"    - attempt:\n"
	"        try:\n"
	"          steps:\n"
	"            - ask:\n"
	"                call: http.request\n"
	"                args:\n"
	"                  method: ${request.method}\n"
	"                  url: ${request.url}\n"
	"                  query: ${request.query}\n"
	"                  headers: ${request.headers}\n"
	"                  body: ${request.body}\n"
	"                  auth: ${request.auth}\n"
	"                  timeout: ${math.min(left, 1800)}\n"
	"                result: answer\n"
	"            - done:\n"
	"                return: ${answer.body}\n"
	"        except:\n"
	"          as: e\n"
	"          steps:\n"
	"            - may_repeat:\n"
	"                switch:\n"
	"                  - condition: ${request.method == \"GET\"}\n"
	"                    assign: [{again: '${http.default_retry_predicate(e)}'}]\n"
	"                  - condition: true\n"
	"                    assign: [{again: '${http.default_retry_predicate_non_idempotent(e)}'}]\n"
	"            - refuse:\n"
	"                switch:\n"
	"                  - condition: ${failures >= 5 or not(again)}\n"
	"                    raise: ${e}\n"
	"    - wait:\n"
	"        call: pause\n"
	"        args: {seconds: '${delay}', deadline: '${deadline}'}\n"
	"        result: left\n"
	"    - count:\n"
	"        assign:\n"
	"          - failures: ${failures + 1}\n"
	"          - delay: ${math.min(delay * 1.25, 60)}\n"
	"        next: attempt\n"
	"pause:\n"
	"  params: [seconds, deadline]\n"
	"  steps:\n"
	"    - begin:\n"
	"        assign:\n"
	"          - left: ${deadline - sys.now()}\n"
	"    - is_enough:\n"
	"        switch:\n"
	"          - condition: ${left > seconds}\n"
	"            next: wait\n"
	"    - rest:\n"
	"        call: sys.sleep\n"
	"        args: {seconds: '${math.max(left, 0)}'}\n"
	"    - expired:\n"
	"        raise:\n"
	"          message: 'TimeoutError: the connector call took longer than its timeout'\n"
	"          tags: [TimeoutError]\n"
	"    - wait:\n"
	"        call: sys.sleep\n"
	"        args: {seconds: '${seconds}'}\n"
	"    - done:\n"
	"        return: ${left - seconds}\n"
	"unavailable:\n"
	"  params: [name, args]\n"
	"  steps:\n"
	"    - say:\n"
	"        return: ${connector.unavailable(name)}\n";

static const char secrets[] =
	"secret_text:\n"
	"  params: [secret_id, {version: latest}, {project_id: null}, {connector_params: null}]\n"
	"  steps:\n"
	"    - read:\n"
	"        return: ${text.decode(connector.secret(secret_id, version, project_id))}\n"
	"secret_access:\n"
	"  params: [name, {connector_params: null}]\n"
	"  steps:\n"
	"    - parts:\n"
	"        assign: [{p: '${connector.split(name)}'}]\n"
	"    - read:\n"
	"        return:\n"
	"          name: ${name}\n"
	"          payload:\n"
	"            data: ${base64.encode(connector.secret(p.secrets, p.versions, p.projects))}\n"
	"secret_add_text:\n"
	"  params: [secret_id, data, {project_id: null}, {connector_params: null}]\n"
	"  steps:\n"
	"    - where:\n"
	"        assign:\n"
	"          - project: ${default(project_id, sys.get_env(\"GOOGLE_CLOUD_PROJECT_ID\"))}\n"
	"          - parent: ${\"projects/\" + project + \"/secrets/\" + secret_id}\n"
	"    - add:\n"
	"        call: call\n"
	"        args:\n"
	"          name: googleapis.secretmanager.v1.projects.secrets.addVersion\n"
	"          args:\n"
	"            parent: ${parent}\n"
	"            body: {payload: {data: '${base64.encode(text.encode(data))}'}}\n"
	"            connector_params: ${connector_params}\n"
	"        result: response\n"
	"    - done:\n"
	"        return: ${response}\n";

/* Runs of definitions known here; elsewhere when the user gave the service another address. */
static const char executions[] =
	"execution_run:\n"
	"  params: [workflow_id, {location: null}, {project_id: null}, {argument: null}, {connector_params: null}]\n"
	"  steps:\n"
	"    - run:\n"
	"        call: executions.start\n"
	"        args:\n"
	"          workflow_id: ${workflow_id}\n"
	"          location: ${location}\n"
	"          project_id: ${project_id}\n"
	"          argument: ${argument}\n"
	"          wait: true\n"
	"        result: response\n"
	"    - done:\n"
	"        return: ${response}\n"
	"execution_create:\n"
	"  params: [parent, {body: null}, {connector_params: null}]\n"
	"  steps:\n"
	"    - elsewhere:\n"
	"        switch:\n"
	"          - condition: ${connector.is_configured(\n"
	"              \"googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create\")}\n"
	"            call: call\n"
	"            args:\n"
	"              name: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create\n"
	"              args: {parent: '${parent}', body: '${body}', connector_params: '${connector_params}'}\n"
	"            result: response\n"
	"            next: done\n"
	"    - parts:\n"
	"        assign:\n"
	"          - p: ${connector.split(parent)}\n"
	"          - argument: null\n"
	"    - given:\n"
	"        switch:\n"
	"          - condition: ${body != null}\n"
	"            assign: [{argument: '${map.get(body, \"argument\")}'}]\n"
	"    - decoded:\n"
	"        switch:\n"
	"          - condition: ${argument != null}\n"
	"            assign: [{argument: '${json.decode(argument)}'}]\n"
	"    - start:\n"
	"        call: executions.start\n"
	"        args:\n"
	"          workflow_id: ${default(p.workflows, parent)}\n"
	"          location: ${p.locations}\n"
	"          project_id: ${p.projects}\n"
	"          argument: ${argument}\n"
	"          wait: false\n"
	"        result: response\n"
	"    - done:\n"
	"        return: ${response}\n"
	"execution_get:\n"
	"  params: [name, {view: null}, {connector_params: null}]\n"
	"  steps:\n"
	"    - elsewhere:\n"
	"        switch:\n"
	"          - condition: ${connector.is_configured(\n"
	"              \"googleapis.workflowexecutions.v1.projects.locations.workflows.executions.get\")}\n"
	"            call: call\n"
	"            args:\n"
	"              name: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.get\n"
	"              args: {name: '${name}', view: '${view}', connector_params: '${connector_params}'}\n"
	"            result: response\n"
	"            next: done\n"
	"    - get:\n"
	"        call: executions.get\n"
	"        args: {name: '${name}'}\n"
	"        result: response\n"
	"    - done:\n"
	"        return: ${response}\n"
	"execution_list:\n"
	"  params: [parent, {pageSize: null}, {pageToken: null}, {view: null}, {filter: null}, {orderBy: null},\n"
	"           {connector_params: null}]\n"
	"  steps:\n"
	"    - elsewhere:\n"
	"        switch:\n"
	"          - condition: ${connector.is_configured(\n"
	"              \"googleapis.workflowexecutions.v1.projects.locations.workflows.executions.list\")}\n"
	"            call: call\n"
	"            args:\n"
	"              name: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.list\n"
	"              args: {parent: '${parent}', pageSize: '${pageSize}', pageToken: '${pageToken}', view: '${view}',\n"
	"                     filter: '${filter}', orderBy: '${orderBy}', connector_params: '${connector_params}'}\n"
	"            result: response\n"
	"            next: done\n"
	"    - list:\n"
	"        call: executions.list\n"
	"        args: {parent: '${parent}'}\n"
	"        result: response\n"
	"    - done:\n"
	"        return: ${response}\n"
	"execution_cancel:\n"
	"  params: [name, {body: null}, {connector_params: null}]\n"
	"  steps:\n"
	"    - elsewhere:\n"
	"        switch:\n"
	"          - condition: ${connector.is_configured(\n"
	"              \"googleapis.workflowexecutions.v1.projects.locations.workflows.executions.cancel\")}\n"
	"            call: call\n"
	"            args:\n"
	"              name: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.cancel\n"
	"              args: {name: '${name}', body: '${body}', connector_params: '${connector_params}'}\n"
	"            result: response\n"
	"            next: done\n"
	"    - cancel:\n"
	"        call: executions.cancel\n"
	"        args: {name: '${name}'}\n"
	"        result: response\n"
	"    - done:\n"
	"        return: ${response}\n";

/* All end, whatever becomes of some; then the first that failed, in the order of the arguments, is raised. */
static const char map[] =
	"execution_map:\n"
	"  params: [workflow_id, arguments, {location: null}, {project_id: null}]\n"
	"  steps:\n"
	"    - begin:\n"
	"        assign:\n"
	"          - results: ${connector.places(arguments)}\n"
	"          - errors: ${connector.places(arguments)}\n"
	"    - all:\n"
	"        parallel:\n"
	"          shared: [results, errors]\n"
	"          for:\n"
	"            value: argument\n"
	"            index: i\n"
	"            in: ${arguments}\n"
	"            steps:\n"
	"              - one:\n"
	"                  try:\n"
	"                    call: executions.start\n"
	"                    args:\n"
	"                      workflow_id: ${workflow_id}\n"
	"                      location: ${location}\n"
	"                      project_id: ${project_id}\n"
	"                      argument: ${argument}\n"
	"                      wait: true\n"
	"                    result: response\n"
	"                  except:\n"
	"                    as: e\n"
	"                    steps:\n"
	"                      - keep:\n"
	"                          assign:\n"
	"                            - errors[i]: ${e}\n"
	"                            - response: null\n"
	"              - place:\n"
	"                  assign:\n"
	"                    - results[i]: ${response}\n"
	"    - look:\n"
	"        for:\n"
	"          value: error\n"
	"          in: ${errors}\n"
	"          steps:\n"
	"            - failed:\n"
	"                switch:\n"
	"                  - condition: ${error != null}\n"
	"                    raise: ${error}\n"
	"    - done:\n"
	"        return: ${results}\n";

void connector_routines(struct buf *out)
{
	buf_add_text(out, calls);
	buf_add_text(out, secrets);
	buf_add_text(out, executions);
	buf_add_text(out, map);
}

const char *connector_routine_name(int routine)
{
	return routine == CONNECTOR_CALL ? "call" : "unavailable";
}

#define SECRETS "googleapis.secretmanager.v1.projects.secrets."
#define EXECUTIONS "googleapis.workflowexecutions.v1.projects.locations.workflows.executions."

static const struct connector_helper helpers[] = {
	{SECRETS "versions.accessString", "secret_text", .in_expression = true},
	{SECRETS "versions.access", "secret_access"},
	{SECRETS "addVersionString", "secret_add_text", SECRETS "addVersion", .in_expression = true},
	{SECRETS "versions.addVersionString", "secret_add_text", SECRETS "addVersion", .in_expression = true},
	{EXECUTIONS "run", "execution_run"},
	{EXECUTIONS "create", "execution_create", EXECUTIONS "create", .only_redirected = true},
	{EXECUTIONS "get", "execution_get", EXECUTIONS "get", .only_redirected = true},
	{EXECUTIONS "list", "execution_list", EXECUTIONS "list", .only_redirected = true},
	{EXECUTIONS "cancel", "execution_cancel", EXECUTIONS "cancel", .only_redirected = true},
	{"experimental.executions.map", "execution_map"},
};

const struct connector_helper *connector_helper_at(size_t i)
{
	return i < sizeof(helpers) / sizeof(helpers[0]) ? &helpers[i] : NULL;
}

const struct connector_helper *connector_helper(struct slice name)
{
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		if (slice_is(name, helpers[i].name))
			return &helpers[i];
	}
	return NULL;
}

bool connector_is_name(struct slice name)
{
	size_t dots = 0;

	for (size_t i = 0; i < name.len; i++)
		dots += name.ptr[i] == '.';
	return (slice_starts(name, SLICE("googleapis.")) && dots >= 3) || (slice_starts(name, SLICE("gke.")) && dots == 1);
}
