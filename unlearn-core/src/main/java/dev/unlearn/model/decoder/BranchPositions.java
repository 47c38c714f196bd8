package dev.unlearn.model.decoder;

import static com.google.common.base.Verify.verifyNotNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.DecodingOps;
import dev.unlearn.internal.DecodingOps.Bags;
import dev.unlearn.internal.DecodingOps.Sight;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.Indices;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Positions of one step of rows that go on from shared prefixes. */
final class BranchPositions extends Positions {
  private final DecoderSpec spec;
  private final DecoderBranches branches;
  private final int last;
  private final Map<Integer, Sight> sights = new HashMap<>();

  BranchPositions(Decoder decoder, NDManager scope, DecoderBranches branches, int[] places) {
    super(scope, Products.float32(), decoder.rotary(), places, places.length, 1, 1);
    spec = decoder.spec();
    this.branches = branches;
    last = IntStream.of(places).max().orElse(0);
    SharedPrefixes prefixes = branches.prefixes();
    NDArray rows = scope.create(Indices.longs(prefixes.places()));
    NDArray back = scope.create(Indices.longs(prefixes.back()));
    Map<Integer, Bags> bags = new HashMap<>(); // by the first token
    int seen = IntStream.of(branches.prefixLengths()).max().orElse(0);
    NDArray keys = scope.create(LongStream.range(0, seen).toArray());
    for (LayerSpec layer : spec.layers()) {
      int window = window(layer);
      if (!sights.containsKey(window)) {
        int first = window == 0 ? 0 : Math.max(0, branches.steps() - window + 1);
        NDArray mask = prefixMask(scope, window, keys);
        Bags ofOwn = bags.computeIfAbsent(first, unused -> bags(back, first));
        sights.put(window, new Sight(mask, rows, back, ofOwn, first, branches.steps()));
      }
    }
  }

  /** Returns a layer's window, 0 if it reaches beyond all tokens so far. */
  private int window(LayerSpec layer) {
    return layer.window() > last ? 0 : layer.window();
  }

  private Bags bags(NDArray like, int first) {
    if (!Devices.isHost(like.getDevice())) {
      return Bags.NONE;
    }
    int heads = spec.keyValueHeadCount();
    return Bags.of(
        like,
        (long) branches.size() * heads,
        spec.headCount() / heads,
        spec.headWidth(),
        branches.valueRoom(),
        first,
        branches.steps() + 1);
  }

  private NDArray prefixMask(NDManager scope, int window, NDArray keys) {
    SharedPrefixes prefixes = branches.prefixes();
    if (keys.isEmpty()) {
      return keys;
    }
    int[] places = prefixes.places();
    long[] first = new long[places.length];
    long[] end = new long[places.length];
    for (int i = 0; i < places.length; i++) {
      end[i] = branches.prefixLengths()[places[i]];
      first[i] = window == 0 ? 0 : Math.max(0, end[i] + branches.steps() - window + 1);
    }
    Shape shape = new Shape(prefixes.sequenceCount(), 1, prefixes.rowsPerSequence(), 1);
    return DecodingOps.prefixMask(scope.create(first, shape), scope.create(end, shape), keys);
  }

  @Override
  NDArray attend(int layer, NDArray queries, NDArray keys, NDArray values) {
    LayerSpec of = spec.layers().get(layer);
    return DecodingOps.attend(
        queries,
        keys,
        values,
        branches.prefixes().keys(layer),
        branches.prefixes().values(layer),
        branches.own(layer),
        verifyNotNull(sights.get(window(of))),
        of.attentionScale(),
        spec.attentionCap());
  }
}
