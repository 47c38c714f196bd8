package dev.unlearn.model.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.BitSet;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Finds characters that byte pairs leave out, because their alphabet lacks them or one of their
 * bytes. Spans do not show it: they close up over what is left out. So each character is encoded
 * alone, once.
 */
final class OmittedCharacters {
  private static final int REPLACEMENT = 0xFFFD;

  private final UnaryOperator<String> roundTrip;
  private final boolean keepsSpaces;
  private final Set<Long> addedIds = new HashSet<>();
  private final Set<Integer> known = ConcurrentHashMap.newKeySet();

  OmittedCharacters(JsonObject tokenizerJson, UnaryOperator<String> roundTrip) {
    this.roundTrip = roundTrip;
    this.keepsSpaces =
        tokenizerJson.get("decoder") instanceof JsonObject decoder
            && decoder.get("type") instanceof JsonPrimitive type
            && type.getAsString().equals("ByteLevel");
    if (tokenizerJson.get("added_tokens") instanceof JsonArray added) {
      for (JsonElement token : added) {
        addedIds.add(token.getAsJsonObject().get("id").getAsLong());
      }
    }
  }

  /** Returns the index of the first code point that is left out. */
  OptionalInt first(int[] codePoints, Encoding encoding) {
    BitSet added = addedSpans(encoding, codePoints.length);
    for (int i = 0; i < codePoints.length; i++) {
      int codePoint = codePoints[i];
      if (known.contains(codePoint) || added.get(i)) {
        continue;
      }
      if (isLeftOut(codePoint)) {
        return OptionalInt.of(i);
      }
      known.add(codePoint);
    }
    return OptionalInt.empty();
  }

  /** The characters of added tokens need not be in the alphabet. */
  private BitSet addedSpans(Encoding encoding, int characters) {
    BitSet added = new BitSet();
    long[] ids = encoding.getIds();
    for (int i = 0; i < ids.length; i++) {
      if (addedIds.contains(ids[i])) {
        CharSpan span = encoding.getCharTokenSpans()[i];
        int end = Math.min(span.getEnd(), characters);
        added.set(Math.min(span.getStart(), end), end);
      }
    }
    return added;
  }

  private boolean isLeftOut(int codePoint) {
    if (codePoint == REPLACEMENT) {
      return false;
    }
    if (!keepsSpaces && (Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint))) {
      return false; // Splitting into words may drop the spaces between them.
    }
    String alone = roundTrip.apply(Character.toString(codePoint));
    return alone.isEmpty() || alone.indexOf(REPLACEMENT) >= 0;
  }
}
