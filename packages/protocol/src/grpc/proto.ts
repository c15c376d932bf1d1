// The wire of workers that pull their tasks over gRPC, as far as a runtime for them needs it. Names and numbers are what the
// public project's SDKs speak from 0.12 on, and must never change.

export const PROTO = `
syntax = "proto3";
package stepflow.v1;

import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";

// --- tasks: a worker asks for them, and says where it may tell how they ended

service TasksService {
  rpc PullTasks(PullTasksRequest) returns (stream TaskAssignment);
  rpc GetOrchestratorForRun(GetOrchestratorForRunRequest) returns (GetOrchestratorForRunResponse);
}

message PullTasksRequest {
  string queue_name = 1;
  string worker_id = 2;
}

message TaskAssignment {
  string task_id = 1;
  oneof task {
    ComponentExecuteRequest execute = 2;
    ListComponentsRequest list_components = 3;
  }
  TaskContext context = 4;
  uint32 heartbeat_interval_secs = 5;
}

message TaskContext {
  string orchestrator_service_url = 1;
  string root_run_id = 2;
}

message ComponentExecuteRequest {
  string component_id = 1;
  google.protobuf.Value input = 2;
  uint32 attempt = 3;
  ObservabilityContext observability = 4;
  map<string, string> path_params = 5;
}

message ComponentExecuteResponse {
  google.protobuf.Value output = 1;
}

message ListComponentsRequest {}

message ComponentInfo {
  string component_id = 1;
  optional string description = 2;
  optional string input_schema = 3;
  optional string output_schema = 4;
  string path = 5;
}

message GetOrchestratorForRunRequest {
  string run_id = 1;
}

message GetOrchestratorForRunResponse {
  string orchestrator_service_url = 1;
}

// --- orchestrator: how tasks go on and end, and runs that they begin

service OrchestratorService {
  rpc SubmitRun(OrchestratorSubmitRunRequest) returns (OrchestratorRunStatus);
  rpc GetRun(OrchestratorGetRunRequest) returns (OrchestratorRunStatus);
  rpc CompleteTask(CompleteTaskRequest) returns (CompleteTaskResponse);
  rpc TaskHeartbeat(TaskHeartbeatRequest) returns (TaskHeartbeatResponse);
}

message CompleteTaskRequest {
  string task_id = 1;
  oneof result {
    ComponentExecuteResponse response = 2;
    TaskError error = 3;
    ListComponentsResult list_components = 5;
  }
  optional string run_id = 4;
}

message CompleteTaskResponse {}

message ListComponentsResult {
  repeated ComponentInfo components = 1;
}

message TaskError {
  TaskErrorCode code = 1;
  string message = 2;
  optional google.protobuf.Struct data = 3;
}

enum TaskErrorCode {
  TASK_ERROR_CODE_UNSPECIFIED = 0;
  TASK_ERROR_CODE_TIMEOUT = 1;
  TASK_ERROR_CODE_INVALID_INPUT = 2;
  TASK_ERROR_CODE_COMPONENT_FAILED = 3;
  TASK_ERROR_CODE_CANCELLED = 4;
  TASK_ERROR_CODE_UNREACHABLE = 5;
  TASK_ERROR_CODE_COMPONENT_NOT_FOUND = 6;
  TASK_ERROR_CODE_RESOURCE_UNAVAILABLE = 7;
  TASK_ERROR_CODE_EXPRESSION_FAILURE = 8;
  TASK_ERROR_CODE_ORCHESTRATOR_ERROR = 9;
  TASK_ERROR_CODE_WORKER_ERROR = 10;
}

message TaskHeartbeatRequest {
  string task_id = 1;
  string worker_id = 2;
  optional float progress = 3;
  optional string status_message = 4;
  optional string run_id = 5;
}

message TaskHeartbeatResponse {
  bool should_abort = 1;
  TaskStatus status = 2;
}

enum TaskStatus {
  TASK_STATUS_UNSPECIFIED = 0;
  TASK_STATUS_IN_PROGRESS = 1;
  TASK_STATUS_ALREADY_CLAIMED = 2;
}

message OrchestratorSubmitRunRequest {
  CreateRunRequest run_request = 1;
  optional string subflow_key = 2;
  optional string root_run_id = 3;
}

message CreateRunRequest {
  string flow_id = 1;
  repeated google.protobuf.Value input = 2;
  optional google.protobuf.Struct overrides = 3;
  map<string, google.protobuf.Value> variables = 4;
  optional uint32 max_concurrency = 5;
  bool wait = 6;
  optional uint64 timeout_secs = 7;
}

message OrchestratorGetRunRequest {
  string run_id = 1;
  bool wait = 2;
  bool include_results = 3;
  ResultOrder result_order = 4;
  optional uint64 timeout_secs = 5;
  optional string root_run_id = 6;
}

enum ResultOrder {
  RESULT_ORDER_UNSPECIFIED = 0;
  RESULT_ORDER_BY_INDEX = 1;
  RESULT_ORDER_BY_COMPLETION = 2;
}

message OrchestratorRunStatus {
  string run_id = 1;
  string flow_id = 2;
  optional string flow_name = 3;
  ExecutionStatus status = 4;
  ItemStatistics items = 5;
  google.protobuf.Timestamp created_at = 6;
  optional google.protobuf.Timestamp completed_at = 7;
  repeated ItemResult results = 8;
  string root_run_id = 9;
  optional string parent_run_id = 10;
  uint64 created_at_seqno = 11;
}

enum ExecutionStatus {
  EXECUTION_STATUS_UNSPECIFIED = 0;
  EXECUTION_STATUS_RUNNING = 1;
  EXECUTION_STATUS_COMPLETED = 2;
  EXECUTION_STATUS_FAILED = 3;
  EXECUTION_STATUS_CANCELLED = 4;
  EXECUTION_STATUS_PAUSED = 5;
  EXECUTION_STATUS_RECOVERY_FAILED = 6;
}

message ItemStatistics {
  uint32 total = 1;
  uint32 completed = 2;
  uint32 running = 3;
  uint32 failed = 4;
  uint32 cancelled = 5;
}

message ItemResult {
  uint32 item_index = 1;
  ExecutionStatus status = 2;
  optional google.protobuf.Value output = 3;
  optional string error_message = 4;
  optional TaskErrorCode error_code = 5;
  optional google.protobuf.Timestamp completed_at = 6;
}

message ObservabilityContext {
  optional string trace_id = 1;
  optional string span_id = 2;
  optional string run_id = 3;
  optional string flow_id = 4;
  optional string step_id = 5;
}

// --- blobs

service BlobService {
  rpc PutBlob(PutBlobRequest) returns (PutBlobResponse);
  rpc GetBlob(GetBlobRequest) returns (GetBlobResponse);
}

message PutBlobRequest {
  oneof content {
    google.protobuf.Value json_data = 1;
    bytes raw_data = 5;
  }
  string blob_type = 2;
  optional string filename = 3;
  optional string content_type = 4;
}

message PutBlobResponse {
  string blob_id = 1;
  optional string filename = 2;
}

message GetBlobRequest {
  string blob_id = 1;
}

message GetBlobResponse {
  oneof content {
    google.protobuf.Value json_data = 1;
    bytes raw_data = 6;
  }
  string blob_type = 2;
  string blob_id = 3;
  optional string filename = 4;
  optional string content_type = 5;
}
`
