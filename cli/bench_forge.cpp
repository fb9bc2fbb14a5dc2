// pupil bench, the measurements that need libtorch: bench.cpp hands them over.

#include "base/error.h"
#include "commands.h"

namespace pupil::cli {

int run_bench_train(const Command&, Arguments);

int run_bench(const Command&, Arguments arguments) {
  if (arguments.empty() || arguments[0] != "train") throw UsageError("call it through pupil bench");
  return run_bench_train({"bench train", "time the training of a student", run_bench_train}, arguments.subspan(1));
}

}  // namespace pupil::cli
