package dev.gossamer.fl.data;

import static dev.gossamer.fl.data.DataFile.AGAIN;

import dev.gossamer.engine.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The records of CIFAR's binary version: label bytes, the last of which is the class, then 1,024 bytes each of red, green and
 * blue, row by row. That is a split's layout already. Every fault is a {@link DataException} that names the file.
 *
 * @param labelBytes label bytes of a record
 * @param classes a class is 0 to {@code classes - 1}
 */
record CifarFormat(int labelBytes, int classes) {

    private static final int SIDE = 32;
    private static final Shape ONE = new Shape(3, SIDE, SIDE, 1);

    /** Ten times the largest published file; what unpacks to more is something else. */
    private static final int MOST_BYTES = 1_540_000_000;

    int recordBytes() {
        return labelBytes + ONE.features();
    }

    /** All records of some files, in order. */
    Split read(List<Path> files, Arena arena) {
        List<byte[]> contents = new ArrayList<>();
        int count = 0;
        for (Path file : files) {
            byte[] records = DataFile.read(file, in -> in.readNBytes(MOST_BYTES));
            check(file, records);
            contents.add(records);
            count += records.length / recordBytes();
        }
        MemorySegment images = arena.allocate((long) count * ONE.features(), 64);
        MemorySegment labels = arena.allocate(count, 64);
        int sample = 0;
        for (byte[] records : contents) {
            for (int at = 0; at < records.length; at += recordBytes(), sample++) {
                labels.set(ValueLayout.JAVA_BYTE, sample, records[at + labelBytes - 1]);
                MemorySegment.copy(
                        records,
                        at + labelBytes,
                        images,
                        ValueLayout.JAVA_BYTE,
                        (long) sample * ONE.features(),
                        ONE.features());
            }
        }
        return new Split(images, labels, ONE, count);
    }

    private void check(Path file, byte[] records) {
        if (records.length == 0 || records.length % recordBytes() != 0) {
            throw new DataException(file + ": holds " + records.length
                    + " bytes, which is no whole number of records of "
                    + recordBytes() + " bytes (" + labelBytes + " for labels, 3 x 32 x 32 for pixels): it was cut off,"
                    + " or is not of this data set's binary version" + AGAIN);
        }
        if (records.length == MOST_BYTES) {
            throw new DataException(file + ": unpacks to more than " + MOST_BYTES + " bytes" + AGAIN);
        }
        for (int at = labelBytes - 1, record = 0; at < records.length; at += recordBytes(), record++) {
            int label = Byte.toUnsignedInt(records[at]);
            if (label >= classes) {
                throw new DataException(file + ": the class of record " + record + " is " + label + ", but there are "
                        + classes + " classes, 0 to " + (classes - 1)
                        + ": the file belongs to another data set or is damaged" + AGAIN);
            }
        }
    }
}
