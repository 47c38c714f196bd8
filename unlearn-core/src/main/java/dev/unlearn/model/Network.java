package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.unlearn.model.decoder.BranchedRows;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.Linear;
import dev.unlearn.model.decoder.TrunkLayers;
import dev.unlearn.model.generation.DecodableNetwork;
import dev.unlearn.model.generation.Prefixes;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The computation of a causal language model in two parts: a trunk from ids to hidden states, and a
 * head from hidden states to logits, which may be computed in pieces. All of it follows the
 * thread's gradient mode.
 *
 * @hidden not API
 */
public interface Network extends DecodableNetwork, AutoCloseable {

  /**
   * Runs the trunk.
   *
   * @param ids int64 of shape (B, L), padded on the right
   * @param attentionMask int64 of shape (B, L), 0 in padding
   * @return what the head takes, shape (B, L, width), in the manager of {@code ids}
   */
  NDArray hidden(NDArray ids, NDArray attentionMask);

  /**
   * Returns the trunk's layers over a batch, to be run one by one. This default is for networks
   * that do not tell their layers.
   *
   * @param ids as {@link #hidden(NDArray, NDArray)} takes them
   * @param attentionMask the same
   */
  default TrunkLayers layers(NDArray ids, NDArray attentionMask) {
    return new TrunkLayers() {
      @Override
      public int count() {
        return 0;
      }

      @Override
      public NDArray first() {
        return hidden(ids, attentionMask);
      }

      @Override
      public NDArray run(int layer, NDArray input) {
        throw new UnsupportedOperationException("there is no layer " + layer);
      }
    };
  }

  /**
   * Runs the trunk over rows of which several texts share a prompt.
   *
   * @return what the head takes, shape (B, L, width), in the manager
   */
  default NDArray hidden(NDManager manager, BranchedRows rows) {
    throw new UnsupportedOperationException("see readsBranches");
  }

  /** Returns whether {@link #hidden(NDManager, BranchedRows)} works. */
  default boolean readsBranches() {
    return false;
  }

  /** This default keeps only ids: each step reads all of every row again. */
  @Override
  default Prefixes prefixes(List<int[]> sequences, long passBytes, int maxStates) {
    return new RecomputedPrefixes(this, sequences, passBytes);
  }

  /** This default knows only of the logits. */
  @Override
  default long bytesPerComputedToken() {
    return (long) Float.BYTES * vocabularySize();
  }

  /** This default is for a network that keeps ids. */
  @Override
  default long bytesPerToken() {
    return Integer.BYTES;
  }

  /**
   * Continues from keys and values of earlier tokens, DJL's contract for text generation.
   *
   * @param inputs ids and position ids, int64 of shape (B, L); a mask, int64 of shape (B, past +
   *     L), 0 in padding; then keys and values of the past for each layer in turn, (B, heads, past,
   *     width), or nothing
   * @return logits (B, L, vocabulary); keys and values of all tokens; what the head took
   */
  default NDList generationStep(NDList inputs) {
    throw new UnsupportedOperationException("see keepsKeysAndValues");
  }

  /** Returns whether {@link #generationStep} works. */
  default boolean keepsKeysAndValues() {
    return false;
  }

  /**
   * Returns a network that computes the same with other arrays. It takes memory for none of them,
   * needs no closing and must not outlive this one.
   *
   * @param arrays returns what to use in the place of an array, or the array itself
   * @return empty if this one's arrays cannot be replaced
   */
  default Optional<Network> with(UnaryOperator<NDArray> arrays) {
    return Optional.empty();
  }

  /** Returns in which numbers {@link #forTraining()} computes. */
  default Precision precision() {
    return Precision.FLOAT32;
  }

  /**
   * Returns this network as passes that train compute it: maybe less exactly, over the same
   * weights. It is not closed.
   */
  default Network forTraining() {
    return this;
  }

  /** Returns what decoder this is; empty where it is none of those this library makes. */
  default Optional<DecoderSpec> decoderSpec() {
    return Optional.empty();
  }

  /**
   * Returns those of the trained arrays, its own or an adapter's, that nobody else holds a handle
   * on, and whose gradients are not there before a pass is sent backward: they can be freed. This
   * default knows of none.
   */
  default Collection<NDArray> withFreeableGradients(Collection<NDArray> trained) {
    return List.of();
  }

  /** Returns the trained parameters by their names in the checkpoint, in a fixed order. */
  Map<String, NDArray> parameters();

  /**
   * Returns all arrays that this reads and an owner could give to another network too, those that
   * are not trained among them; two networks that share one take turns.
   */
  default Collection<NDArray> weights() {
    return parameters().values();
  }

  /**
   * Returns the linear layers by the paths of their modules in Python, for instance {@code
   * transformer.h.0.attn.c_attn}, in a fixed order; none where they are unknown. A head that shares
   * the embedding's matrix is not one of them.
   */
  default Map<String, Linear> linears() {
    return Map.of();
  }

  /** Returns the largest L. */
  int contextLength();

  /** Returns the number of layers; 0 where unknown. */
  int layerCount();

  @Override
  void close();
}
