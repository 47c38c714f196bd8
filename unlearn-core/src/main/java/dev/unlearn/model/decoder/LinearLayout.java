package dev.unlearn.model.decoder;

/** How a checkpoint stores the matrix of a linear layer. */
public enum LinearLayout {
  /** Shape (outputs, inputs), as PyTorch's {@code Linear}. */
  OUT_IN,
  /** Shape (inputs, outputs), as GPT-2's {@code Conv1D}. */
  IN_OUT
}
