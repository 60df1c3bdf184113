// Google's Node client, by REST, against the server in WORKFLOWS_EMULATOR_HOST. The first thing that is not as promised
// (reference, section 9) ends it with exit status 1.
//
// The package has a client for executions; for workflows it has the definition of the service, which Google's own
// transport (google-gax) makes a client of. What neither has (callbacks, step entries) is tested with curl.
'use strict';

const assert = require('assert');
const path = require('path');
const {ExecutionsClient} = require('@google-cloud/workflows');
const gax = require('google-gax');
const {PassThroughClient} = require('google-auth-library');
const protobuf = require('protobufjs');

const [host, port] = process.env.WORKFLOWS_EMULATOR_HOST.split(':');
const options = {
	fallback: true,
	protocol: 'http',
	apiEndpoint: host,
	servicePath: host,
	port: Number(port),
	authClient: new PassThroughClient(),
	projectId: 'shop',
};
const executions = new ExecutionsClient(options);
const parent = 'projects/shop/locations/us-central1';
const greet = `${parent}/workflows/greet`;
const SOURCE = 'main:\n  params: [args]\n  steps:\n  - out:\n      return: ${"hello " + args.name}\n';
const WAITING = '- open: {call: events.create_callback_endpoint, result: cb}\n- wait: {call: events.await_callback, args: ["${cb}", 3600]}\n';

// A call that is refused, with its HTTP status and google.rpc.Status, which this client hands on as they came.
async function refused(call, http, status) {
	await assert.rejects(call, error => {
		assert.strictEqual(error.code, http, String(error));
		assert.strictEqual(JSON.parse(error.message).error.status, status);
		return true;
	});
}

// The client that google-gax makes of workflows.proto: its methods by name.
let workflows;

async function openWorkflows() {
	const folders = ['@google-cloud/workflows', 'google-gax'].map(name =>
		path.join(path.dirname(require.resolve(name)), '../protos'));
	const root = new protobuf.Root();
	root.resolvePath = (origin, target) => path.isAbsolute(target) ? target :
		folders.map(folder => path.join(folder, target)).find(file => require('fs').existsSync(file));
	root.loadSync('google/cloud/workflows/v1/workflows.proto').resolveAll();
	const service = root.lookupService('google.cloud.workflows.v1.Workflows');
	const stub = await new gax.fallback.GrpcClient(options).createStub(service, options);
	workflows = (method, request) => new Promise((resolve, reject) =>
		stub[method](request, {}, {}, (error, answer) => error ? reject(error) : resolve(answer)));
	workflows.decode = any => root.lookupTypeOrEnum(any.type_url.split('/').pop()).toObject(
		root.lookupType(any.type_url.split('/').pop()).decode(any.value), {enums: String, longs: String, defaults: true});
}

// What the long-running operation of a call ends with: here it is done at once (gcloud.bats polls).
function ended(operation) {
	assert.strictEqual(operation.done, true);
	return {resource: workflows.decode(operation.response), metadata: workflows.decode(operation.metadata)};
}

async function deploy(workflowId, sourceContents, more = {}) {
	return ended(await workflows('createWorkflow', {parent, workflowId, workflow: {sourceContents, ...more}}));
}

async function untilEnded(name) {
	for (let i = 0; i < 3000; i++) {
		const [execution] = await executions.getExecution({name});
		if (execution.state !== 'ACTIVE' && execution.state !== 'QUEUED')
			return execution;
		await new Promise(resume => setTimeout(resume, 20));
	}
	throw new Error(`${name} does not end`);
}

async function workflowsAreMade() {
	const {resource, metadata} = await deploy('greet', SOURCE, {labels: {env: 'test'}, callLogLevel: 'LOG_ALL_CALLS'});
	assert.strictEqual(resource.name, greet);
	assert.strictEqual(resource.state, 'ACTIVE');
	assert.match(resource.revisionId, /^000001-[0-9a-f]{3}$/);
	assert.strictEqual(metadata.verb, 'create');
	assert.strictEqual(metadata.target, greet);
	await refused(deploy('greet', SOURCE), 409, 'ALREADY_EXISTS');
	await refused(deploy('broken', '- a: {next: nowhere}\n'), 400, 'INVALID_ARGUMENT');
	const got = await workflows('getWorkflow', {name: greet});
	assert.strictEqual(got.sourceContents, SOURCE);
	assert.deepStrictEqual({...got.labels}, {env: 'test'});
	assert.strictEqual(got.callLogLevel, 'LOG_ALL_CALLS');
	assert.ok(Number(got.createTime.seconds) > 1600000000);
	await refused(workflows('getWorkflow', {name: `${parent}/workflows/nobody`}), 404, 'NOT_FOUND');
}

async function workflowsAreChanged() {
	const {resource, metadata} = await ended(await workflows('updateWorkflow', {
		workflow: {name: greet, description: 'says hello', sourceContents: SOURCE.replace('hello', 'hi')},
		updateMask: {paths: ['description', 'source_contents']},
	}));
	assert.strictEqual(metadata.verb, 'update');
	assert.match(resource.revisionId, /^000002-/);
	assert.strictEqual(resource.description, 'says hello');
	assert.deepStrictEqual({...resource.labels}, {env: 'test'});
	await deploy('wait', WAITING);
	const first = await workflows('listWorkflows', {parent, pageSize: 1, orderBy: 'name'});
	const second = await workflows('listWorkflows', {parent, pageSize: 1, orderBy: 'name', pageToken: first.nextPageToken});
	assert.deepStrictEqual([first, second].map(page => page.workflows.map(workflow => workflow.name)),
		[[greet], [`${parent}/workflows/wait`]]);
	assert.strictEqual(second.nextPageToken, '');
}

async function executionsRun() {
	const [made] = await executions.createExecution({parent: greet, execution: {argument: '{"name": "Ada"}', labels: {a: 'b'}}});
	assert.strictEqual(made.state, 'ACTIVE');
	const done = await untilEnded(made.name);
	assert.strictEqual(done.state, 'SUCCEEDED');
	assert.strictEqual(done.result, '"hi Ada"');
	assert.match(done.workflowRevisionId, /^000002-/);
	const [failing] = await executions.createExecution({parent: greet, execution: {argument: '{}'}});
	const failed = await untilEnded(failing.name);
	assert.strictEqual(failed.state, 'FAILED');
	assert.deepStrictEqual(JSON.parse(failed.error.payload).tags, ['KeyError', 'LookupError']);
	assert.strictEqual(failed.error.stackTrace.elements[0].step, 'out');
	assert.strictEqual(Number(failed.error.stackTrace.elements[0].position.line), 5);
	const [basic] = await executions.getExecution({name: made.name, view: 'BASIC'});
	assert.strictEqual(basic.result, '');
	const [listed] = await executions.listExecutions({parent: greet, pageSize: 1, view: 'FULL'}, {autoPaginate: true});
	assert.deepStrictEqual(listed.map(execution => execution.name), [failing.name, made.name]);
	await refused(executions.createExecution({parent: greet, execution: {argument: '{'}}), 400, 'INVALID_ARGUMENT');
}

async function executionsAreCancelled() {
	const [made] = await executions.createExecution({parent: `${parent}/workflows/wait`});
	const [cancelled] = await executions.cancelExecution({name: made.name});
	assert.strictEqual(cancelled.name, made.name);
	assert.strictEqual((await untilEnded(made.name)).state, 'CANCELLED');
	await refused(executions.cancelExecution({name: made.name}), 400, 'FAILED_PRECONDITION');
}

async function workflowsAreDeleted() {
	const {metadata} = await ended(await workflows('deleteWorkflow', {name: greet}));
	assert.strictEqual(metadata.verb, 'delete');
	await refused(workflows('getWorkflow', {name: greet}), 404, 'NOT_FOUND');
}

(async () => {
	await openWorkflows();
	for (const part of [workflowsAreMade, workflowsAreChanged, executionsRun, executionsAreCancelled, workflowsAreDeleted]) {
		await part();
		console.log(`ok ${part.name}`);
	}
	process.exit(0);
})().catch(error => {
	console.error(error);
	process.exit(1);
});
