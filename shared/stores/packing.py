"""JSON of items in fewer bytes: zstd with dictionaries of what SDKs, and profiles, say again and again."""

from base64 import b64decode
from functools import cache

import zstandard

_MOST_BYTES = 1_000_000
"""More than anything unpacked has. What was spoiled may say any size, and its memory is asked for at once."""

_EVENTS = (
    '"consent":{"categoryPreferences":{"Advertising":true,"Analytics":true,"Functional":true,"DataSharing":false}}',
    '"traits":{"email":"@gmail.com","phone":"+82","firstName":"","lastName":"","name":"","plan":"","createdAt":"",',
    '"address":{"city":"Seoul","country":"KR","postalCode":"","state":"","street":""}}"products":[{"product_id":"",',
    '"sku":"","category":"","name":"","brand":"","variant":"","price":,"quantity":1,"coupon":"","position":1,',
    '"image_url":"https://"}],"order_id":"","checkout_id":"","total":,"subtotal":,"revenue":,"shipping":,"tax":,',
    '"discount":,"currency":"KRW","USD""campaign":{"name":"","source":"google","medium":"cpc","term":"","content":""}',
    '"device":{"id":"","manufacturer":"Apple","model":"iPhone","type":"ios"},"os":{"name":"Android","version":""},',
    '"screen":{"width":1920,"height":1080,"density":2},"network":{"wifi":true},"app":{"name":"","version":"",',
    '"build":"","namespace":"com."},"sessionId":,"groupId":"","channel":"web","originalTimestamp":"',
    '"userAgentData":{"brands":[{"brand":"Chromium","version":"142"}],"mobile":false,"platform":"Windows"}',
    "(iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148",
    " Safari/604.1(Linux; Android 10; K) Mobile Safari/537.36(Macintosh; Intel Mac OS X 10_15_7)(X11; Linux x86_64)",
    '{"messageId":"ajs-next-","timestamp":"2026-","type":"identify","page","screen","group","alias","track",',
    '"event":"Product Viewed","Product Added","Order Completed","Cart Viewed","Products Searched","integrations":{},',
    '"userId":"","anonymousId":"","properties":{"path":"/","url":"https://www.","title":"","search":"","referrer":',
    '"https://www.google.com/"},"context":{"page":{"path":"/","referrer":"","search":"","title":"","url":"https://"},',
    '"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0',
    ' Safari/537.36","locale":"ko-KR","en-US","library":{"name":"analytics.js","version":"next-1.","rudder-sdk-js"},',
    '"timezone":"Asia/Seoul","ip":"',
)
_PROFILES = (
    '"segment:":["out",1,"2026-11-22T09:00:00.000Z"],"segment:":["in","merged:01","split:01","consent:Analytics":[',
    '"refused","consent:Advertising":["granted",1,"2026-11-22T09:00:00.000Z"]"consent":{"":{"Advertising":["granted",',
    '"2026-11-22T09:00:00.000Z","ajs-","src_web"],"Analytics":["refused","XXX":"10.0000"}],"Order Completed":[1,[,',
    '{"KRW":"10000.0000"}],{"USD":"10.0000"}],"external_id:","["phone","+8210","["device_id",""]}\n{"":["email",',
    '"@gmail.com"],"":["user_id","","":["anonymous_id",""]}\n{"created":["yes",1,"2026-11-22T09:00:00.000Z"],',
    '"trait:phone":["","trait:city":["",1,"2026-11-22T09:00:00.000Z"],"trait:email":["","trait:name":["",',
    '"trait:plan":["",1,"2026-11-22T09:00:00.000Z"]}\n{"computed":{"frequency@ce5c1a73":["count",0,1,0],',
    '"last_order@17ea19d9":["last",0,["2026-11-22T09:00:00.000Z","ajs-","2026-11-22T09:00:00.000Z"],0],',
    '"preferred_channel@acd25679":["most_frequent",0,[0,0,{"bde1489624c3f4f8":["web",1]}],0],"recency@ce9ff602":[',
    '"days_since",0,"2026-11-22T09:00:00.000Z",0]},"consent":{},"events":{"$identify":[1,"2026-11-22T09:00:00.000Z",',
    '"2026-11-22T09:00:00.000Z"],"$page":[1,"2026-11-22T09:00:00.000Z","Application Opened":[1,"Cart Viewed":[1,',
    '"Order Completed":[1,"Product Added":[1,"Product List Viewed":[1,"Product Viewed":[1,"2026-11-22T09:00:00.000Z",',
    '"2026-11-22T09:00:00.000Z",{"XXX":"10.0000"}],"Products Searched":[1,"2026-11-22T09:00:00.000Z"]},"first_seen":',
    '"2026-11-22T09:00:00.000Z","last_seen":"2026-11-22T09:00:00.000Z","links":{"|":"2026-11-22T09:00:00.000Z"},',
    '"place":{"country":["2026-11-22T09:00:00.000Z","KR"],"locale":["2026-11-22T09:00:00.000Z","KR"],"timezone":[',
    '"2026-11-22T09:00:00.000Z","Asia/Seoul"]},"seen":{"":["2026-11-22T09:00:00.000Z","2026-11-22T09:00:00.000Z"]},',
    '"traits":{"city":["Seoul","2026-11-22T09:00:00.000Z","ajs-","A#|2026-11-22T09:00:00.000Z#ajs-","src_web"],',
    '"email":["@example.com","2026-11-22T09:00:00.000Z","ajs-next-","name":["","phone":["+8210","plan":["free",',
    '"2026-11-22T09:00:00.000Z","ajs-","src_web"]}}',
)
BODY, PERSON = 1, 3
"""What packs a body of an event, and what a profile says."""

_DICTIONARIES = {BODY: "".join(_EVENTS), PERSON: "".join(_PROFILES)}
"""By the first byte of what they packed. One that has packed anything never changes: a better one gets a number of its
own, which is read a release before it packs: in a deploy, and after one is taken back, older functions read too."""

_LEVELS = {BODY: 3, PERSON: 5}
"""A profile pays for each kilobyte at every write: 8 microseconds more spare it 5% of its bytes."""


def packed(text: str, by: int) -> bytes:
    """The number of a dictionary, and a zstd frame made with it."""
    packer = zstandard.ZstdCompressor(level=_LEVELS[by], dict_data=_dictionary(by))
    return bytes([by]) + packer.compress(text.encode())


def unpacked(data: bytes | str) -> str:
    """What was packed. Streams bring bytes as base64. ValueError where it is neither."""
    raw = b64decode(data) if isinstance(data, str) else data
    try:
        unpacker, frame = zstandard.ZstdDecompressor(dict_data=_dictionary(raw[0])), raw[1:]
        if zstandard.frame_content_size(frame) > _MOST_BYTES:
            raise ValueError("this says that it is larger than anything packed here")
        text: bytes = unpacker.decompress(frame)
    except (IndexError, KeyError, zstandard.ZstdError) as error:
        raise ValueError("this was packed by nothing known here") from error
    return text.decode()


@cache
def _dictionary(number: int) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(_DICTIONARIES[number].encode(), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
