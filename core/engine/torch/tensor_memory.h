// Where tensors on the processor lie.
#pragma once

namespace millwright::engine {

/// Makes libtorch take the memory of large tensors from a region of their own. Tensors come and go with every operator;
/// in malloc's heap small things that stay (points of a curve, lines of a log) settle in the gaps between two steps,
/// and the heap grows with a training. In the region each step finds what the one before it left, in one piece: what a
/// training takes follows from its tensors, and nothing is handed back to the system to be faulted in again,
/// unless somebody else finds no memory.
/// To be called once, before the first tensor.
void keep_tensors_apart();

}  // namespace millwright::engine
