package dev.gossamer.fl.data;

/**
 * What there is of a data set, for people.
 *
 * @param train samples to train on
 * @param test samples to test on
 * @param classes number of classes
 * @param clients natural clients, 0 if it has none
 * @param extent which part of the published data set this is, empty if it is all of it
 */
public record Survey(int train, int test, int classes, int clients, String extent) {

    /** Of a data set that has been read. */
    public static Survey of(Dataset data) {
        return new Survey(
                data.train().count(),
                data.test().count(),
                data.classes(),
                data.naturalClients().size(),
                data.extent());
    }
}
