package dev.unlearn.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** What the matrices of an adapter begin with. Asked for A and B of each layer, in order. */
interface AdapterValues {

  /** Returns float32 values for A of a layer, of shape (rank, inputs), in a manager. */
  NDArray a(NDManager manager, String path, Shape shape);

  /** Returns float32 values for B of a layer, of shape (outputs, rank), in a manager. */
  NDArray b(NDManager manager, String path, Shape shape);
}
