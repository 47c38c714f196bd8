package dev.unlearn.model;

import dev.unlearn.internal.HeadOps;
import dev.unlearn.model.decoder.Activation;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import dev.unlearn.model.decoder.NormSpec;
import dev.unlearn.model.decoder.QkvLayout;

/**
 * What a decoder's passes take while they are sent there and back, in bytes, counted array by array
 * from what PyTorch's formulas keep for the way back: of a linear layer its input, of a norm its
 * input and, with root mean squares, the scaled input; of an activation its input (of relu its
 * output), of a product both factors, of attention queries, keys, values, the output and a
 * logarithm per head, of sums nothing. Weights and their gradients are not among it.
 *
 * @hidden not API
 */
public final class PassMemory {
  private final DecoderSpec spec;
  private final Precision precision;
  private final boolean half;
  private final boolean checkpointed;
  private final boolean scoresInCache;

  /** Bytes of an operand of a product. */
  private final long operand;

  /**
   * Creates the count.
   *
   * @param checkpointed whether layers keep nothing
   * @param scoresInCache whether scoring has a few logits at a time, in a cache
   */
  PassMemory(DecoderSpec spec, Precision precision, boolean checkpointed, boolean scoresInCache) {
    this.spec = spec;
    this.precision = precision;
    this.checkpointed = checkpointed;
    this.scoresInCache = scoresInCache;
    half = precision != Precision.FLOAT32;
    operand = half ? Short.BYTES : Float.BYTES;
  }

  /**
   * Returns what the layers keep for the way back and take on it.
   *
   * @param tokens of a batch, padding included
   * @param length of its rows
   * @param reusedBytes with activation checkpointing, the size from which on the memory of an array
   *     that one layer has freed is there for the next
   */
  public long trainedTrunk(long tokens, int length, long reusedBytes) {
    long layers = spec.layers().size();
    long inner = tokens * feedForwardPerToken();
    long others = tokens * (normsPerToken() + attentionPerToken(length)) + halves();
    long innerTimes =
        checkpointed && operand * tokens * spec.innerWidth() >= reusedBytes ? 1 : layers;
    boolean reused = checkpointed && Float.BYTES * tokens * spec.width() >= reusedBytes;
    long kept = innerTimes * inner + (reused ? others + states(tokens) : layers * others);
    return kept + masks(length) + tokens * (onTheWayBack(length) + Float.BYTES * 8L * spec.width());
  }

  /** Returns the states between layers: what stays of a pass whose layers keep nothing. */
  public long states(long tokens) {
    return Float.BYTES * tokens * spec.width() * (spec.layers().size() + 1L);
  }

  /** Returns the probabilities that the head keeps and computes with, at most so many. */
  public long probabilities(long tokens) {
    long vocabulary = spec.vocabularySize();
    HeadOps.Cut cut =
        LinearLogProbabilities.cut(vocabulary, spec.logitCap(), precision, true, tokens);
    long rounded =
        half ? operand * (Math.min(cut.rows(), tokens) * vocabulary) + 2 * operand * matrix() : 0;
    return Float.BYTES * vocabulary * cut.inMemory(tokens) + rounded;
  }

  /** Returns the logits of one piece of the head, or of fewer tokens. */
  public long piece(long tokens) {
    long vocabulary = spec.vocabularySize();
    return Float.BYTES * vocabulary * Math.min(tokens, Pieces.size(vocabulary));
  }

  /** Returns the logits of all tokens. */
  public long logits(long tokens) {
    return Float.BYTES * tokens * spec.vocabularySize();
  }

  /** Returns what reading tokens takes, where nothing is kept. */
  public long scoring(long tokens) {
    return tokens * spec.bytesPerComputedToken() + (scoresInCache ? 0 : 2 * piece(tokens));
  }

  private long matrix() {
    return (long) spec.vocabularySize() * spec.embeddingWidth();
  }

  /** Inputs of norms, what scales them, and what linear layers take of the same width. */
  private long normsPerToken() {
    long inputs;
    long norms;
    long operands;
    switch (spec.blockForm()) {
      case PRE_NORM, POST_NORM -> {
        inputs = 2;
        norms = 2;
        operands = 2;
      }
      case PRE_AND_POST_NORM -> {
        inputs = 4;
        norms = 4;
        operands = 2;
      }
      case PARALLEL -> {
        inputs = 1;
        norms = 2;
        operands = 2;
      }
      default -> { // PARALLEL_ONE_NORM
        inputs = 1;
        norms = 1;
        operands = 1;
      }
    }
    boolean layer = spec.norm().kind() == NormSpec.Kind.LAYER;
    long scaled = layer ? 0 : norms;
    long moments = (layer ? 2 : 1) * norms;
    return spec.width() * (Float.BYTES * (inputs + scaled) + operand * operands)
        + Float.BYTES * moments;
  }

  private long attentionPerToken(int length) {
    long queries = queries();
    long keys = keys();
    long kept = operand * 4 * queries; // heads of keys and values are repeated
    if (half) {
      kept += operand * queries; // rounded once more for the projection
    } else if (spec.rotary().isPresent()) {
      // Turned, they lie head by head, as does the output then, of which a copy goes on.
      kept += spec.attentionCap() == 0 ? Float.BYTES * queries : 0;
      // Before they are turned they are of one array with the values.
      kept += spec.qkvLayout() == QkvLayout.SEPARATE ? 0 : Float.BYTES * (queries + keys);
    }
    if (spec.qkNorm()) {
      kept += 2 * Float.BYTES * (queries + keys);
    }
    long heads = (long) Float.BYTES * spec.headCount();
    return kept + (spec.attentionCap() == 0 ? heads : 2 * heads * length);
  }

  private long feedForwardPerToken() {
    boolean relu = spec.activation() == Activation.RELU;
    return operand * spec.innerWidth() * ((spec.gated() ? 4 : 2) - (relu ? 1 : 0));
  }

  /** Gradients of one layer's arrays, of which most exist together in the feed-forward layer. */
  private long onTheWayBack(int length) {
    long inner = (spec.gated() ? 4L : 2L) * spec.innerWidth();
    long scores = spec.attentionCap() == 0 ? 0 : 3L * spec.headCount() * length;
    return Float.BYTES * (4L * spec.width() + 2 * queries() + inner + scores);
  }

  /** The rounded matrices of a layer, which the way back multiplies with. */
  private long halves() {
    long attention = 2 * (queries() + keys());
    long inner = (spec.gated() ? 3L : 2L) * spec.innerWidth();
    return half ? operand * spec.width() * (attention + inner) : 0;
  }

  /** Masks of windows, which become numbers for each layer that has one. */
  private long masks(int length) {
    long square = (long) length * length;
    long windowed =
        spec.layers().stream().mapToInt(LayerSpec::window).filter(w -> w > 0 && w < length).count();
    return spec.attentionCap() == 0 ? operand * square * windowed : 2 * square;
  }

  private long queries() {
    return (long) spec.headCount() * spec.headWidth();
  }

  private long keys() {
    return (long) spec.keyValueHeadCount() * spec.headWidth();
  }
}
