#pragma once

namespace attune::tensor {

/// Elementwise functions that can be fused behind another operation or applied by themselves.
/// kGelu is the exact form, x * (1 + erf(x / sqrt 2)) / 2.
enum class Activation { kNone, kRelu, kSigmoid, kTanh, kGelu };

/// What happens to the output's previous content: y is the operation's result, a the activation.
/// kReplace: a(y); kAddThenActivate: a(output + y); kActivateThenAdd: output + a(y).
enum class Accumulate { kReplace, kAddThenActivate, kActivateThenAdd };

}  // namespace attune::tensor
