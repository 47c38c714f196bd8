package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
import java.util.Arrays;

/**
 * The form in which the authors' code sees every sequence: cut or padded on the right with the
 * end-of-sequence token to one length, pads being tokens like any other, and no prompt.
 */
record PaperForm(int length, int eosId) {
  PaperForm {
    checkArgument(length > 1, "length must be > 1, but was: %s", length);
    checkArgument(eosId >= 0, "eosId must be >= 0, but was: %s", eosId);
  }

  /** Returns what distinguishes the keys of metrics on this form. */
  String keySuffix() {
    return "_paper_" + length + "_eos_" + eosId;
  }

  TokenSequence apply(TokenSequence sequence) {
    int[] ids = Arrays.copyOf(sequence.ids(), length);
    if (sequence.length() < length) {
      Arrays.fill(ids, sequence.length(), length, eosId);
    }
    return TokenSequence.of(ids);
  }
}
